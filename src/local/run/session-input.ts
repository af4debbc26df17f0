/** What one run of `npm start` is begun with, whichever of its modes it has. */
import type { Config } from '../../config';
import type { StateFolder } from '../state/state-folder';
import type { Arguments } from './arguments';
import type { Started } from './parts';
import type { Screen } from './screen';

export type Mode = 'sandbox' | 'sandbox-ledger' | 'main';

export const HEADINGS: Record<Mode, string> = {
  sandbox: 'SANDBOX: invented payments, nothing leaves this machine',
  'sandbox-ledger':
    'SANDBOX LEDGER: payments of your Stripe test account, booked on this machine only',
  main: 'Syncing Stripe to Blnk',
};

export interface Session {
  readonly args: Arguments;
  readonly config: Config;
  readonly mode: Mode;
  readonly screen: Screen;
  readonly state: StateFolder;
  readonly started: Started;
  /** Aborted by the user, or by `fail`; its reason says which. */
  readonly stop: AbortSignal;
  /** A part is gone for good. */
  readonly fail: (error: Error) => void;
}
