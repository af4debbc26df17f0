/** The sealed keys of all instances, in whichever table they stand. */
import type { Queries } from './db';

export interface SealedKey {
  /** Whom the key was sealed for: the install of a ledger's key, the instance of a Stripe key. */
  readonly owner: string;
  readonly purpose: 'blnk' | 'blnk-cloud' | 'stripe';
  readonly sealed: string;
}

export async function sealedKeys(db: Queries): Promise<SealedKey[]> {
  return db.query<SealedKey>(
    `select install_id as owner, case blnk_kind when 'cloud' then 'blnk-cloud' else 'blnk' end as purpose,
            api_key as sealed
     from installs
     where api_key is not null
     union all
     select instance_id, 'stripe', stripe_key from instances where stripe_key is not null`,
  );
}

/** Puts the same secret under another key; one that was changed or erased meanwhile stays as it is. */
export async function replaceSealed(db: Queries, key: SealedKey, resealed: string): Promise<void> {
  const statement =
    key.purpose === 'stripe'
      ? 'update instances set stripe_key = $3 where instance_id = $1 and stripe_key = $2'
      : 'update installs set api_key = $3 where install_id = $1 and api_key = $2';
  await db.query(statement, [key.owner, key.sealed, resealed]);
}
