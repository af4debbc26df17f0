/**
 * Which ledger an instance of Blnk Cloud has: one of its own once an app was installed there, as in Cloud.
 * All others share the one that Core has too, so that a test finds every posting in one place.
 */
import type { Clock } from '../clock';
import { openJournal, type Journal } from '../journal';
import { openLedger, type Ledger } from './ledger';

export interface Ledgers {
  /** Core's. */
  readonly main: Ledger;
  of(instanceId: string): Ledger;
  /** Gives the instance a ledger of its own, empty unless an earlier process has written to it. */
  open(instanceId: string): Promise<Ledger>;
  /** Resolves when everything stored so far, in all of them, is in the journals. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** @param path of the main ledger's journal; the others stand beside it */
export async function openLedgers(path: string | undefined, clock: Clock): Promise<Ledgers> {
  const journals: Journal[] = [];
  const own = new Map<string, Promise<Ledger>>();
  const opened = new Map<string, Ledger>();

  async function openAt(file: string | undefined): Promise<Ledger> {
    const journal = await openJournal(file);
    journals.push(journal);
    return openLedger(journal, clock);
  }

  const main = await openAt(path);
  const all = () => [main, ...opened.values()];
  return {
    main,
    of: (instanceId) => opened.get(instanceId) ?? main,
    open: (instanceId) => {
      const known = own.get(instanceId);
      if (known !== undefined) return known;
      const opening = openAt(path === undefined ? undefined : `${path}.${instanceId}`);
      own.set(instanceId, opening);
      return opening.then((ledger) => {
        opened.set(instanceId, ledger);
        return ledger;
      });
    },
    settled: async () => {
      await Promise.all(all().map((ledger) => ledger.settled()));
    },
    close: async () => {
      for (const ledger of all()) ledger.queue.close();
      await Promise.all(journals.map((journal) => journal.close()));
    },
  };
}
