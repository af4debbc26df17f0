/** Pay-ins that the ledger does not take, however often it is asked. */
import type { Connection } from '../../src/engine/deps';
import { SyncError } from '../../src/domain/errors';

/** An invalid posting, and one on which the ledger breaks. What it never answers takes its time: see faults. */
export type Badness = 'refused' | 'failing';

/** @param bad by reference */
export function spoiling(bad: ReadonlyMap<string, Badness>) {
  return (connection: Connection): Connection => ({
    ...connection,
    ledger: {
      ...connection.ledger,
      async post(posting, signal) {
        switch (bad.get(posting.reference)) {
          case 'refused':
            return { kind: 'refused' };
          case 'failing':
            throw new SyncError('BLNK_UNAVAILABLE', { status: 500 });
          case undefined:
            return connection.ledger.post(posting, signal);
        }
      },
    },
  });
}
