/** What is shown first and done only once a person has said yes. */
import { SyncError } from '../domain/errors';
import type { Context } from './context';
import { createSecretInput } from './secret-input';

export interface ConfirmOptions {
  readonly yes?: boolean;
}

/** @throws SyncError USAGE where nobody says yes */
export async function confirmed(
  { output }: Context,
  question: string,
  { yes }: ConfirmOptions,
): Promise<void> {
  if (yes === true || (await createSecretInput(output).confirm(question))) return;
  throw new SyncError('USAGE', { '--yes': 'is needed to confirm it' });
}
