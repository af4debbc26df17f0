/** What `status` shows of movements: since when they are carried over, the last proof, and what is in suspense. */
import { describeSuspense, type MovementParts } from '../domain/movements-report';
import { declinedText } from '../domain/declined';
import { openingWaitText, type OpeningWait } from '../domain/opening-wait';
import type { ProofState } from '../domain/proof';
import { proofAsJson } from '../domain/proof-json';
import { PROOF_WORD, unexplainedText } from '../domain/proof-line';
import { formatTime } from '../domain/text';
import type { Db } from '../store/db';
import { findEnabled, readDeclined } from '../store/openings';
import { latestProof } from '../store/proofs';
import type { SourceRow } from '../store/sources';
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
    } | null;
  };
  /** What a new instance lacked, which has pay-ins alone for that. */
  readonly movementsDeclined?: readonly string[];
}

export async function readMovementStanding(
  db: Db,
  instanceId: string,
  source: SourceRow | undefined,
): Promise<MovementStanding> {
  const enabled = source && (await findEnabled(db, source.sourceId));
  if (!enabled) {
    const declined = source && (await readDeclined(db, source.sourceId));
    return declined ? { movementsDeclined: declined } : {};
  }
  const stored = await latestProof(db, instanceId);
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
          }
        : null,
    },
    ...(stored && { proof: proofAsJson(stored.proof) }),
    suspense: await readSuspense(db, source.sourceId),
  };
}

export function movementRows({
  movements,
  movementsDeclined,
  suspense,
}: MovementStanding): (readonly [label: string, value: string])[] {
  if (movementsDeclined) return [['Movements', declinedText(movementsDeclined)]];
  if (!movements) return [];
  const { since, lastProof, openingAwaits } = movements;
  const from = since === null ? 'from the first one on' : `since ${formatTime(new Date(since))}`;
  return [
    ['Movements', `carried over ${from}`],
    ...(openingAwaits === null ? [] : [['Opening', openingWaitText(openingAwaits)] as const]),
    ['Proof', lastProof ? proofText(lastProof) : 'none yet: the next sync makes one'],
    [
      'Suspense',
      suspense && suspense.count > 0 ? `${describeSuspense(suspense)} (\`suspense list\`)` : 'none',
    ],
  ];
}

type LastProof = NonNullable<NonNullable<MovementStanding['movements']>['lastProof']>;

function proofText({ number, at, state, unexplained }: LastProof): string {
  const off = unexplained === '' ? '' : `: unexplained ${unexplained}`;
  return `${PROOF_WORD[state]} ${formatTime(new Date(at))}${off} (\`proofs show\`, number ${number})`;
}
