/** `reconcile accept`: a posting of others is right as it is. Each proof names it from then on, and is not broken by it. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { itemsIn } from '../domain/proof/proof';
import type { ProofItem } from '../domain/proof/proof-items';
import { repairsOf, type Repair } from '../domain/proof/remedies';
import { count } from '../domain/text';
import { endNoteInLedger, findPosting, noteInLedger } from '../engine/proof/posting-of-others';
import { EXIT } from '../exit';
import { acceptNamed, listAcceptances, takeBack } from '../store/acceptances';
import type { CommonOptions, Context } from './context';
import { lastProofOf, movementPlace, type MovementPlace } from './movement-place';
import { noteOf } from './quarantine-choice';
import { describeItem, notForeign } from './repair-text';
import { notOurs } from './repair-undecided';
import { CALLED, verb, type Run } from './verb';

interface AcceptOptions extends CommonOptions {
  readonly note?: string;
  readonly by?: string;
  readonly undo?: boolean;
}

const NEVER = new AbortController().signal;

export function addAccept(reconcile: Command, run: Run): void {
  verb(
    reconcile,
    'accept <reference>',
    'Accept a posting of others that the last proof names, by its reference or Blnk’s id',
    'reconcile accept correction-7 --note "till, 28 November"',
    'reconcile accept correction-7 --undo',
  )
    .option('--note <text>', 'why it is right, kept here and in the ledger')
    .option('--by <name>', 'who has decided it (default: the user of this machine)')
    .option('--undo', 'take an acceptance back')
    .action((reference: string, options: AcceptOptions) =>
      run(options, (context) =>
        options.undo === true ? undo(context, reference) : acceptOne(context, reference, options),
      ),
    );
}

async function acceptOne(
  context: Context,
  reference: string,
  { note = '', by }: AcceptOptions,
): Promise<number> {
  const said = noteOf({ reason: note, ...(by !== undefined && { by }) }, '--note');
  const place = await movementPlace(context);
  const { db, instanceId, balances, source } = place;
  const stored = await lastProofOf(place);
  const named = stored ? itemsIn(stored.proof) : [];
  const items = await foreignItems(
    context,
    place,
    await notOurs(place, repairsOf(named)),
    reference,
  );
  if (items.length === 0 || !source) throw notForeign(reference);
  const { ledger } = await context.ends();
  const postings = await Promise.all(
    items.map(async (item) => ({
      item,
      line: await findPosting(ledger, balances.source, item, NEVER),
    })),
  );
  const gone = postings.find(({ line }) => line === undefined);
  if (gone) {
    const next =
      'As the last proof names it, it is not in the ledger any more: `reconcile` proves anew.';
    throw new SyncError('NOT_FOUND', { posting: reference }, { next });
  }
  const accepted = postings.map(({ item, line }) => ({
    ...{ reference: item.reference, id: line?.transactionId ?? item.reference },
    ...{ currency: item.currency, amount: item.amount, bookedAt: item.at },
  }));
  const own = { instanceId, sourceId: source.sourceId };
  await db.transaction((tx) => acceptNamed(tx, own, accepted, { ...said, items: named }));
  const noted = await Promise.all(accepted.map(({ id }) => noteInLedger(ledger, id, said, NEVER)));
  const inLedger = noted.every(Boolean);
  context.output.data(
    { reference: items[0]?.reference, accepted: accepted.map(({ id }) => id), ...said, inLedger },
    [
      `Accepted, by ${said.by}: ${said.note}`,
      ...items.map((item) => `  ${describeItem(item)}`),
      inLedger ? 'The ledger has the note as well.' : NOT_NOTED,
      `The next proof says so. To make one now: ${CALLED} reconcile`,
    ].join('\n'),
  );
  return EXIT.done;
}

const NOT_NOTED =
  'The note is in our database alone: the ledger does not take it (a Core takes it from its master key alone).';

/** By the reference that the proof has, or by Blnk's id of it. */
async function foreignItems(
  context: Context,
  place: MovementPlace,
  repairs: readonly Repair[],
  named: string,
): Promise<ProofItem[]> {
  const foreign = repairs.flatMap(({ remedy, item }) => (remedy === 'decide' ? [item] : []));
  const own = foreign.filter(({ reference }) => reference === named);
  if (own.length > 0 || foreign.length === 0) return own;
  const { ledger } = await context.ends();
  for (const currency of new Set(foreign.map((item) => item.currency))) {
    const times = foreign.flatMap((item) => (item.currency === currency ? (item.at ?? 0) : []));
    const asked = { reference: named, currency, at: Math.min(...times) };
    const line = await findPosting(ledger, place.balances.source, asked, NEVER);
    if (line) return foreign.filter(({ reference }) => reference === line.reference);
  }
  return [];
}

async function undo(context: Context, reference: string): Promise<number> {
  const { db, balances, source } = await movementPlace(context);
  const all = source ? await listAcceptances(db, source.sourceId) : [];
  const accepted = all.filter((one) => one.reference === reference);
  if (accepted.length === 0 || !source) {
    const next = 'Nothing of it is accepted; `proofs show` names what is.';
    throw new SyncError('NOT_FOUND', { accepted: reference }, { next });
  }
  const { ledger } = await context.ends();
  for (const { currency, bookedAt: at } of accepted) {
    const line = await findPosting(ledger, balances.source, { reference, currency, at }, NEVER);
    // It may be taken back since it is gone.
    if (line) await endNoteInLedger(ledger, line, NEVER);
  }
  await takeBack(db, source.sourceId, reference);
  context.output.data(
    { reference, takenBack: accepted.length },
    `Taken back: ${reference} (${count(accepted.length, 'posting')}). The next proof names it again, if it is in the ledger: ${CALLED} reconcile`,
  );
  return EXIT.done;
}
