/** The rows of `keyring_canaries`: a text that everybody knows, sealed once with each of ENCRYPTION_KEYS. */
import type { Queries } from './db';

export async function readCanaries(db: Queries): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ id: string; sealed: string }>(
    'select key_id as id, sealed from keyring_canaries',
  );
  return new Map(rows.map(({ id, sealed }) => [id, sealed]));
}

/** The first one stays: whoever comes later with another key under this id has the wrong one. */
export async function saveCanary(db: Queries, keyId: string, sealed: string): Promise<void> {
  await db.query(
    'insert into keyring_canaries (key_id, sealed) values ($1, $2) on conflict do nothing',
    [keyId, sealed],
  );
}
