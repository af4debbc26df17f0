/**
 * Pay-ins whose charge is in Stripe's balance and that Stripe did not tell of when that was listed: asked for again, so
 * that their money does not stay on `@stripe-unapplied`.
 */
import type { PayIn } from '../../domain/pay-in';
import { unknownPayments } from '../../store/follow-ups';
import { noteAnswers } from '../../store/settled-staging';
import { stageFound } from '../../store/staging';
import { askAbout, isOfAll, type Followed, type Following } from './following';

/** They are staged for the page that is made now; what waits for them follows once they are booked. */
export async function followUnknownPayments(
  following: Following,
  limit: number,
): Promise<Followed> {
  const { deps, page, place, connection, attempt, asks } = following;
  const due = asks ? await unknownPayments(deps.db, place.sourceId, limit) : [];
  const payIns: PayIn[] = [];
  const asked: string[] = [];
  try {
    for (const { btId, paymentId } of due) {
      const answer = await askAbout(following, paymentId, () =>
        connection.stripe.readPayIn(paymentId, attempt.signal),
      );
      asked.push(btId);
      if ('told' in answer && answer.told?.payIn) payIns.push(answer.told.payIn);
      if ('untold' in answer && isOfAll(answer.untold)) break;
    }
  } finally {
    // Also when one of them fails, or what is asked after them: a repeat asks for the rest alone.
    if (payIns.length > 0) await stageFound(deps.db, page, payIns);
    const told = asked.map((btId) => ({ btId, charge: null }));
    await noteAnswers(deps.db, page, told);
  }
  const rows = due.map(({ btId }) => ({ btId, awaits: 'booking', charge: null }) as const);
  return { rows, legs: [], taken: due.length };
}
