/** What the Stripe key lacks to carry over movements, in words and as JSON. */
import { describeError, type ErrorCode } from '../domain/errors';
import {
  MOVEMENT_RIGHTS,
  wholeKeyForm,
  type MovementRight,
} from '../domain/movements/stripe-rights';
import type { Context } from './context';

export interface LackedRights {
  readonly needed: readonly MovementRight[];
  /** What Stripe has answered where it has said neither yes nor no of one that is needed. */
  readonly unclear: ErrorCode | undefined;
  readonly json: {
    readonly lacking: readonly {
      readonly right: string;
      readonly needed: boolean;
      readonly purpose: string;
    }[];
    /** Of these Stripe has said neither yes nor no. */
    readonly unclear: readonly { readonly right: string; readonly code: string }[];
    /** Where Stripe makes a key that has them all. */
    readonly keyForm: string;
  };
  /** Empty: nothing is lacking. */
  readonly text: string;
}

/** Tries each by a read. */
export async function lackedRights(context: Context): Promise<LackedRights> {
  const { lookAtRights } = await import('../engine/movements/movement-rights.js');
  const { stripe } = await context.ends();
  const { lacking, unclear } = await lookAtRights(stripe, new AbortController().signal);
  const keyForm = wholeKeyForm(stripe.livemode);
  const isNeeded = (right: MovementRight) => MOVEMENT_RIGHTS[right].isNeeded;
  const lines = lacking.map((right) => {
    const { purpose } = MOVEMENT_RIGHTS[right];
    return `  ${isNeeded(right) ? 'needed' : 'useful'}  ${right}: ${purpose}`;
  });
  const text = [
    ...(lines.length === 0
      ? []
      : ['The Stripe key lacks rights (read):', ...lines, `A key that has them: ${keyForm}`]),
    ...unclear.map(
      ({ right, code }) => `Whether it has ${right} is not clear: ${describeError(code)} (${code})`,
    ),
  ].join('\n');
  return {
    needed: lacking.filter(isNeeded),
    unclear: unclear.find(({ right }) => isNeeded(right))?.code,
    json: {
      lacking: lacking.map((right) => {
        const { purpose } = MOVEMENT_RIGHTS[right];
        return { right, needed: isNeeded(right), purpose };
      }),
      unclear,
      keyForm,
    },
    text,
  };
}
