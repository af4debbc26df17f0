/** What a person sets in the account: its currencies, and how /v1/balance strays from what is true. */
import { z } from 'zod';
import type { Account } from '../account';
import { balanceViewOptions } from '../balance';
import { settlementOptions } from '../settlement';

export const settingSchema = z.strictObject({
  kind: z.literal('set'),
  settlement: settlementOptions.optional(),
  balanceView: balanceViewOptions.optional(),
});

export type Setting = z.infer<typeof settingSchema>;

export function applySetting(account: Account, { settlement, balanceView }: Setting): void {
  if (settlement !== undefined) account.settlement = settlement;
  if (balanceView !== undefined) account.balanceView = balanceView;
}
