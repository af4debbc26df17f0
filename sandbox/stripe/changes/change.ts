/** What can happen in the account, as it is written to the journal and replayed from it. */
import { z } from 'zod';
import type { Account } from '../account';
import { seconds } from '../amount';
import { applyCharged, chargedSchema } from './charges';
import { applyHappened, happenedSchema } from './happening';
import { applyIntentChange, createdSchema, endedSchema, revisedSchema } from './intents';
import { applySetting, settingSchema } from './settings';

export const changeSchema = z.discriminatedUnion('kind', [
  /** The first line: which invented history this is, and the moment it ends at. */
  z.strictObject({
    kind: z.literal('opened'),
    scenario: z.string(),
    seed: z.string(),
    at: seconds,
  }),
  /**
   * From here on the journal tells of the balance. What was paid before it, in the invented history or by a
   * version that knew no balance, has brought what it usually brings.
   */
  z.strictObject({ kind: z.literal('balanced') }),
  createdSchema,
  endedSchema,
  revisedSchema,
  chargedSchema,
  happenedSchema,
  settingSchema,
  z.strictObject({ kind: z.literal('clock'), offset: seconds }),
  z.strictObject({ kind: z.literal('revoked'), fingerprint: z.string() }),
]);

export type Change = z.infer<typeof changeSchema>;

/** Those that happen to money; the others are about the stand-in itself. */
export type AccountChange = Exclude<Change, { kind: 'opened' | 'balanced' | 'clock' | 'revoked' }>;

export function apply(account: Account, change: AccountChange): void {
  switch (change.kind) {
    case 'created':
    case 'succeeded':
    case 'canceled':
    case 'revised':
      applyIntentChange(account, change);
      return;
    case 'charged':
      applyCharged(account, change);
      return;
    case 'happened':
      applyHappened(account, change);
      return;
    case 'set':
      applySetting(account, change);
      return;
  }
}

/** Applies them, and resolves once they are in the journal, in this order. */
export async function record(account: Account, changes: readonly AccountChange[]): Promise<void> {
  // All are applied and queued before the first wait, so that nothing comes between them.
  const written = changes.map((change) => {
    apply(account, change);
    return account.keep(change);
  });
  await Promise.all(written);
}
