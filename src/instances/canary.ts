/**
 * Tells a wrong ENCRYPTION_KEYS when a program starts, and not when a sync needs a key, or when keys were
 * stored that nobody can read. A key is known again by a text that it has sealed before.
 */
import type { ConnectedConfig } from '../config';
import { SyncError } from '../domain/errors';
import { createKeyring, type Keyring, type Place } from '../secrets/keyring';
import { Secret } from '../secret';
import { readCanaries, saveCanary } from '../store/canaries';
import type { Queries } from '../store/db';
import { sealedKeys } from '../store/sealed-keys';

const TEXT = new Secret('canary');
const PLACE: Place = { owner: 'keyring', purpose: 'canary' };

/** @throws SyncError ENCRYPTION_KEY_CHANGED */
export async function checkKeyring(
  db: Queries,
  { encryptionKeys }: Pick<ConnectedConfig, 'encryptionKeys'>,
): Promise<void> {
  const canaries = await readCanaries(db);
  const unknown = encryptionKeys.filter(({ id }) => !canaries.has(id));
  // Of a version that kept no canaries: what is stored tells as well.
  const stored = unknown.length > 0 ? await sealedKeys(db) : [];
  for (const key of encryptionKeys) {
    const keyring = createKeyring([key]);
    const canary = canaries.get(key.id);
    const samples: Sample[] =
      canary === undefined
        ? stored.filter(({ sealed }) => sealed.startsWith(`v1.${key.id}.`))
        : [{ ...PLACE, sealed: canary }];
    if (samples.length > 0 && !samples.some((one) => opens(keyring, one))) {
      throw new SyncError('ENCRYPTION_KEY_CHANGED', { key: key.id });
    }
    if (canary === undefined) await saveCanary(db, key.id, keyring.seal(TEXT, PLACE));
  }
}

type Sample = Place & { readonly sealed: string };

function opens(keyring: Keyring, { sealed, ...place }: Sample): boolean {
  try {
    keyring.open(sealed, place);
    return true;
  } catch (error) {
    if (error instanceof SyncError) return false;
    throw error;
  }
}
