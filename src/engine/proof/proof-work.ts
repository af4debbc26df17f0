/** What the steps of a proof have in common. */
import type { BalanceNames } from '../../domain/balances';
import type { Ledger } from '../../domain/ledger';
import type { HeldOpening } from '../../domain/opening/opening';
import type { UnreadRows } from '../../domain/proof/unread-rows';
import type { Enabled } from '../../store/openings';
import type { Attempt } from '../attempt';
import type { Connection, EngineDeps } from '../deps';
import type { Silence } from '../reading/silence';

export interface ProofWork extends Pick<EngineDeps, 'db' | 'log' | 'patience'> {
  readonly sync: {
    readonly syncId: string;
    readonly instanceId: string;
    readonly sourceId: string;
  };
  readonly ledger: Ledger;
  readonly stripe: Pick<Connection['stripe'], 'readBalance'>;
  readonly balances: BalanceNames;
  readonly enabled: Enabled;
  /** What it began with by the ledger's word, while that is not frozen; none: the ledger holds none. */
  readonly heldOpenings: readonly HeldOpening[];
  readonly attempt: Attempt;
  /** Ends a search of the ledger by the attempt's own signal. Absent: nothing is searched. */
  readonly search?: Silence;
  /** Stripe's time up to which this sync has seen the newest rows; null: it has read none. */
  readonly listedTo: number | null;
  /** Why this sync has not read all rows that are new: then no reading of Stripe's balance is judged. null: it has. */
  readonly unread: UnreadRows | null;
  /** The ledger had lost postings, and this sync has posted them again. */
  readonly isRewound: boolean;
  /** Unix seconds when the last proof was that was no broken one; null: there is none. */
  readonly soundAt: number | null;
}
