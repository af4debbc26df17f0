/** What the Stripe key lacks to carry over movements, in words and as JSON. */
import { MOVEMENT_RIGHTS, wholeKeyForm, type MovementRight } from '../domain/stripe-rights';
import type { Context } from './context';

export interface LackedRights {
  readonly needed: readonly MovementRight[];
  readonly json: {
    readonly lacking: readonly {
      readonly right: string;
      readonly needed: boolean;
      readonly purpose: string;
    }[];
    /** Where Stripe makes a key that has them all. */
    readonly keyForm: string;
  };
  /** Empty: nothing is lacking. */
  readonly text: string;
}

/** Tries each by a read. @throws SyncError STRIPE_* */
export async function lackedRights(context: Context): Promise<LackedRights> {
  const { lackingRights } = await import('../engine/movement-rights.js');
  const { stripe } = await context.ends();
  const lacking = await lackingRights(stripe, new AbortController().signal);
  const keyForm = wholeKeyForm(stripe.livemode);
  const isNeeded = (right: MovementRight) => MOVEMENT_RIGHTS[right].isNeeded;
  const lines = lacking.map((right) => {
    const { purpose } = MOVEMENT_RIGHTS[right];
    return `  ${isNeeded(right) ? 'needed' : 'useful'}  ${right}: ${purpose}`;
  });
  const text =
    lines.length === 0
      ? ''
      : ['The Stripe key lacks rights (read):', ...lines, `A key that has them: ${keyForm}`].join(
          '\n',
        );
  return {
    needed: lacking.filter(isNeeded),
    json: {
      lacking: lacking.map((right) => {
        const { purpose } = MOVEMENT_RIGHTS[right];
        return { right, needed: isNeeded(right), purpose };
      }),
      keyForm,
    },
    text,
  };
}
