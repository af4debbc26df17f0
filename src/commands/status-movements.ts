/** What `status` shows of movements: since when they are carried over, the last proof, and what is in suspense. */
import type { MovementParts } from '../domain/movements/movements-report';
import { describeSuspense } from '../domain/movements/suspense-sum';
import { beginsByItself } from '../checks/movements';
import type { InstanceConfig } from '../config';
import { declinedText } from '../domain/opening/declined';
import { SyncError } from '../domain/errors';
import type { ItemCounts } from '../domain/proof/proof-items';
import { openingWaitText, type OpeningWait } from '../domain/opening/opening-wait';
import { itemsIn, type ProofState } from '../domain/proof/proof';
import { proofAsJson } from '../domain/proof/proof-json';
import { countByKind, namedText, PROOF_WORD, unexplainedText } from '../domain/proof/proof-line';
import { NOT_DECIDED, notReadText } from '../domain/proof/proof-lines';
import { formatTime } from '../domain/text';
import type { Db } from '../store/db';
import { findEnabled, readDeclined } from '../store/openings';
import { latestProof } from '../store/proofs';
import type { SourceRow } from '../store/sources';
import { HOW_TO_ENABLE } from './movement-place';
import { readSuspense } from '../store/sync-reports';

/** Empty where they are not carried over. */
export interface MovementStanding extends Pick<MovementParts, 'proof' | 'suspense'> {
  readonly movements?: {
    /** RFC 3339; null: since the account began. */
    readonly since: string | null;
    readonly enabledAt: string;
    /** What the opening balance waits for; null: it is frozen. */
    readonly openingAwaits: OpeningWait | null;
    /** null: none yet. */
    readonly lastProof: {
      readonly number: number;
      readonly at: string;
      readonly state: ProofState;
      /** As a line of a list. */
      readonly unexplained: string;
      /** How many of each kind it names. */
      readonly named: ItemCounts;
    } | null;
  };
  /** What a new instance lacked, which has pay-ins alone for that. */
  readonly movementsDeclined?: readonly string[];
  /** They begin with its first sync, if nothing is lacking then. */
  readonly movementsBegin?: true;
}

export async function readMovementStanding(
  db: Db,
  config: InstanceConfig,
  source: SourceRow | undefined,
): Promise<MovementStanding> {
  const instanceId = config.id;
  const enabled = source && (await findEnabled(db, source.sourceId));
  if (!enabled) {
    const declined = source && (await readDeclined(db, source.sourceId));
    if (declined) return { movementsDeclined: declined };
    return (await begins(db, config)) ? { movementsBegin: true } : {};
  }
  const stored = await latestProof(db, instanceId, source.sourceId);
  const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    movements: {
      since: enabled.cutOver === null ? null : timeOf(enabled.cutOver),
      enabledAt: enabled.since.toISOString(),
      openingAwaits: enabled.awaits,
      lastProof: stored
        ? {
            ...{ number: stored.id, at: timeOf(stored.proof.at), state: stored.proof.state },
            unexplained: unexplainedText(stored.proof),
            named: countByKind(itemsIn(stored.proof)),
          }
        : null,
    },
    ...(stored && { proof: proofAsJson(stored.proof) }),
    suspense: await readSuspense(db, source.sourceId),
  };
}

/** What the settings have wrong is said where it is looked for. */
async function begins(db: Db, config: InstanceConfig): Promise<boolean> {
  return beginsByItself(config, () => Promise.resolve(db)).catch((error: unknown) => {
    if (error instanceof SyncError) return false;
    throw error;
  });
}

export function movementRows({
  movements,
  movementsDeclined,
  movementsBegin,
  proof,
  suspense,
}: MovementStanding): (readonly [label: string, value: string])[] {
  if (movementsDeclined) return [['Movements', declinedText(movementsDeclined)]];
  if (movementsBegin) return [['Movements', BEGIN]];
  if (!movements) return [['Movements', `not carried over, nothing is proven. ${HOW_TO_ENABLE}`]];
  const { since, lastProof, openingAwaits } = movements;
  const from = since === null ? 'since the account began' : `since ${formatTime(new Date(since))}`;
  return [
    ['Movements', `carried over ${from}`],
    ...(openingAwaits === null ? [] : [['Opening', openingWaitText(openingAwaits)] as const]),
    ['Proof', lastProof ? proofText(lastProof, proof) : 'none yet: the next sync makes one'],
    [
      'Suspense',
      suspense && suspense.count > 0 ? `${describeSuspense(suspense)} (\`suspense list\`)` : 'none',
    ],
  ];
}

const BEGIN = 'begin with the first sync, if the key may read them: `check` tells';

type LastProof = NonNullable<NonNullable<MovementStanding['movements']>['lastProof']>;

function proofText(last: LastProof, proof: MovementStanding['proof']): string {
  const { number, at, state } = last;
  return `${PROOF_WORD[state]} ${formatTime(new Date(at))}: ${saidOf(last, proof)} (\`proofs show\`, number ${number})`;
}

function saidOf(
  { state, unexplained, named }: LastProof,
  proof: MovementStanding['proof'] = {},
): string {
  switch (state) {
    case 'proven':
    case 'explained':
    case 'broken': {
      const names = namedText(named);
      return `unexplained ${unexplained}${names === '' ? '' : `; ${names}`}`;
    }
    case 'waiting':
      return NOT_DECIDED;
    case 'not_read':
      return unexplained === ''
        ? 'no currency has any money or movement'
        : notReadText(Object.values(proof));
  }
}
