/** Every kind of movement, by the name under which its rows are kept. */
import { payIn } from './pay-in';

export const KINDS = { pay_in: payIn } as const;

export type MovementKind = keyof typeof KINDS;
