// Starts the stand-in of Blnk: Core at "/", Blnk Cloud at "/proxy" and "/data" of the same server, one
// ledger behind both.
import { clockControl, createClock } from '../clock';
import type { Clock } from '../clock';
import { openJournal } from '../journal';
import { startStandIn } from '../stand-in';
import type { StandIn } from '../stand-in';
import { cloudHandler, isCloudPath } from './cloud';
import { blnkControl } from './control';
import { coreHandler } from './core';
import { sandboxKeys } from './keys';
import type { BlnkKeys } from './keys';
import { openLedger } from './ledger';
import type { Ledger } from './ledger';

export interface BlnkStandInOptions {
  /** The file that keeps the ledger; without it, the ledger dies with the process. */
  journal?: string;
  /** Default: the sandbox key, which may do everything in both forms. */
  keys?: BlnkKeys;
  latencyMs?: number;
  /** Default: a free one. */
  port?: number;
  clock?: Clock;
}

export interface BlnkStandIn extends StandIn {
  ledger: Ledger;
  keys: BlnkKeys;
  clock: Clock;
}

export async function startBlnkStandIn(options: BlnkStandInOptions = {}): Promise<BlnkStandIn> {
  const { keys = sandboxKeys(), clock = createClock() } = options;
  const journal = await openJournal(options.journal);
  const ledger = openLedger(journal, clock);
  const core = coreHandler(ledger, keys);
  const cloud = cloudHandler(ledger, keys);

  const standIn = await startStandIn({
    name: 'Blnk',
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    handler: async (request) => {
      const reply = await (isCloudPath(request.path) ? cloud(request) : core(request));
      // Nothing is told before it is in the journal: neither a 201, nor a row that another request
      // has just stored, nor the 409 that follows from it.
      await ledger.settled();
      return reply;
    },
    control: {
      ...blnkControl(ledger),
      ...clockControl(clock, (offsetSeconds) => {
        ledger.saveClock(offsetSeconds);
        return ledger.settled();
      }),
    },
  });

  return {
    ...standIn,
    ledger,
    keys,
    clock,
    close: async () => {
      await standIn.close();
      ledger.queue.close();
      await journal.close();
    },
  };
}
