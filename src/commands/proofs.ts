/** `proofs list` and `proofs show`: whether ledger and Stripe agreed, run by run. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { itemsIn } from '../domain/proof/proof';
import type { ItemCounts } from '../domain/proof/proof-items';
import { proofAsJson } from '../domain/proof/proof-json';
import { namedText, nextSteps, PROOF_WORD, unexplainedText } from '../domain/proof/proof-line';
import { proofAsText } from '../domain/proof/proof-text';
import { formatTime } from '../domain/text';
import { EXIT, exitCodeOfProof } from '../exit';
import { readInstance } from '../store/instances';
import { countItems, findProof, listProofs, type StoredProof } from '../store/proofs';
import type { CommonOptions, Context } from './context';
import { HOW_TO_ENABLE, lastProofOf, movementPlace, NOT_ENABLED } from './movement-place';
import { table } from './output';
import { limitOf } from './syncs';
import { group, verb, type Run } from './verb';

interface ListOptions extends CommonOptions {
  readonly limit: string;
}

export function addProofs(program: Command, run: Run): void {
  const proofs = group(program, 'proofs', 'Whether ledger and Stripe agreed, run by run');
  verb(proofs, 'list', 'List the newest proofs', 'proofs list --limit 50')
    .option('--limit <n>', 'how many', '20')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  verb(
    proofs,
    'show [number]',
    'Show a proof, by its number or the latest',
    'proofs show',
    'proofs show 17',
  ).action((number: string | undefined, options: CommonOptions) =>
    run(options, (context) => show(context, number)),
  );
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const [db, id] = [await context.db(), await context.instanceId()];
  const proofs = await listProofs(db, id, limit);
  const named = await countItems(
    db,
    proofs.map((one) => one.id),
  );
  const rows = proofs.map((one) => ({ ...one, named: named.get(one.id) ?? {} }));
  context.output.data(
    rows.map(listedToJson),
    rows.length === 0
      ? await noneText(context)
      : table(
          ['proof', 'when', 'state', 'unexplained', 'named'],
          rows.map(({ id: number, proof, named: counts }) => [
            String(number),
            formatTime(new Date(proof.at * 1000)),
            PROOF_WORD[proof.state],
            unexplainedText(proof),
            namedText(counts),
          ]),
        ),
  );
  return EXIT.done;
}

/** Of a list what is named is only counted. */
function listedToJson(stored: StoredProof & { readonly named: ItemCounts }) {
  const { currencies, ...rest } = proofToJson(stored);
  return {
    ...rest,
    currencies: Object.fromEntries(
      Object.entries(currencies).map(([currency, one]) => [currency, { ...one, items: undefined }]),
    ),
    named: stored.named,
  };
}

/** Where nothing was proven yet, whether a sync will. */
async function noneText(context: Context): Promise<string> {
  const { enabled } = await movementPlace(context);
  return enabled
    ? 'Nothing was proven yet: the next sync makes a proof.'
    : `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
}

async function show(context: Context, number: string | undefined): Promise<number> {
  const [db, id] = [await context.db(), await context.instanceId()];
  const isLatest = number === undefined || number === 'latest';
  const stored = isLatest
    ? await lastProofOf(await movementPlace(context))
    : await findProof(db, id, numberOf(number));
  if (!stored) throw await noProof(context, isLatest ? undefined : number);
  await showProof(context, stored);
  return isLatest ? exitCodeOfProof(stored.proof.state) : EXIT.done;
}

export async function showProof(context: Context, stored: StoredProof): Promise<void> {
  context.output.data(proofToJson(stored), await proofToText(context, stored));
}

export async function proofToText(context: Context, stored: StoredProof): Promise<string> {
  const { balances } = await readInstance(await context.db(), await context.instanceId());
  const { id, proof } = stored;
  const steps = nextSteps(itemsIn(proof));
  return [
    `Proof ${id}, ${formatTime(new Date(proof.at * 1000))}: ${PROOF_WORD[proof.state]}`,
    proofAsText(proof, balances.source),
    ...(steps.length === 0 ? [] : ['', ...steps]),
  ].join('\n');
}

/** @param number what was asked for. Default: the newest of what is proven now */
export async function noProof(context: Context, number?: string): Promise<SyncError> {
  const [newest] = await listProofs(await context.db(), await context.instanceId(), 1);
  const earlier = newest ? ' Those from before: `proofs list`.' : '';
  const next =
    number === undefined
      ? `${await noneText(context)}${earlier}`
      : '`proofs list` shows what there is.';
  const what =
    number === undefined ? { 'proof of': await context.instanceId() } : { proof: number };
  return new SyncError('NOT_FOUND', what, { next });
}

export function proofToJson({ id, syncId, proof }: StoredProof) {
  return {
    number: id,
    syncId,
    at: timeOf(proof.at),
    since: proof.since === null ? null : timeOf(proof.since),
    state: proof.state,
    currencies: proofAsJson(proof),
  };
}

const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString();

/** @throws SyncError USAGE */
function numberOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SyncError('USAGE', {
    proof: 'must be a number as `proofs list` shows it, or `latest`',
  });
}
