/** What the reasons of things that are set aside mean, as a list of them tells it once below its rows. */
import { isReasonCode, REASONS, type ReasonInfo } from '../domain/reasons';

/** A database may hold a reason of another version. */
export function reasonInfo(reason: string | null): ReasonInfo | undefined {
  return reason !== null && isReasonCode(reason) ? REASONS[reason] : undefined;
}

/** @param nextOf what to do about each. Default: as it is of a pay-in */
export function tellReasons(
  rows: readonly { readonly reason: string | null }[],
  nextOf = ({ next }: ReasonInfo) => next,
): string[] {
  const reasons = new Set(rows.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  return [...reasons].map((reason) => {
    const info = reasonInfo(reason);
    return `${reason}: ${info?.what ?? '?'}. ${info ? nextOf(info) : ''}`;
  });
}
