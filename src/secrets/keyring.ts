/**
 * Encrypts keys for the database and back: AES-256-GCM. The stored text names the key that it was
 * encrypted with; owner and purpose are authenticated with it, so that a row copied to another instance,
 * or into another column, does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SyncError } from '../domain/errors';
import { Secret } from '../secret';

/** What a sealed text is for. */
export interface Place {
  /** Id of the install or instance that it belongs to. */
  readonly owner: string;
  readonly purpose: Purpose;
}

/** A key of Blnk Cloud has a purpose of its own: as one of a Core it would go to the address of its row. */
export type Purpose = 'blnk' | 'blnk-cloud' | 'stripe' | 'canary';

export function ledgerPlace(install: {
  readonly installId: string;
  readonly blnkKind: 'cloud' | 'core';
}): Place {
  const purpose = install.blnkKind === 'cloud' ? 'blnk-cloud' : 'blnk';
  return { owner: install.installId, purpose };
}

export interface Keyring {
  /** Never gives the same text twice. */
  seal(secret: Secret, place: Place): string;
  /** @throws SyncError ENCRYPTION_KEY_UNKNOWN, STORED_KEY_DAMAGED */
  open(sealed: string, place: Place): Secret;
  /** The same secret under the first key; undefined when it is under it already. */
  reseal(sealed: string, place: Place): string | undefined;
}

interface RawKey {
  readonly id: string;
  readonly bytes: Buffer;
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Version, key id, then IV, ciphertext and tag. */
const SEALED = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/;

/** @param keys ids and base64 of 32 bytes; the first one encrypts */
export function createKeyring(
  keys: readonly { readonly id: string; readonly key: Secret }[],
): Keyring {
  const raw = keys.map(({ id, key }): RawKey => ({
    id,
    bytes: Buffer.from(key.reveal(), 'base64'),
  }));
  const [current] = raw;
  if (!current) throw new Error('a keyring without a key');
  const byId = new Map(raw.map((key) => [key.id, key]));

  const seal: Keyring['seal'] = (secret, place) => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, current.bytes, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated(current.id, place));
    const text = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
    const packed = Buffer.concat([iv, text, cipher.getAuthTag()]);
    return `v1.${current.id}.${packed.toString('base64url')}`;
  };

  const open: Keyring['open'] = (sealed, place) => {
    const [, id = '', packed = ''] = SEALED.exec(sealed) ?? [];
    const bytes = Buffer.from(packed, 'base64url');
    if (bytes.length <= IV_BYTES + TAG_BYTES) throw damaged(place);
    const key = byId.get(id);
    if (!key) throw new SyncError('ENCRYPTION_KEY_UNKNOWN', { key: id });
    try {
      return decipher(bytes, key, place);
    } catch (error) {
      // Only the tag can fail here: another text, owner, purpose, or another key under this id.
      if (place.purpose !== 'blnk-cloud') throw damaged(place, error);
      // Sealed before Cloud had a purpose of its own.
      return open(sealed, { ...place, purpose: 'blnk' });
    }
  };

  return {
    seal,
    open,
    reseal: (sealed, place) =>
      SEALED.exec(sealed)?.[1] === current.id ? undefined : seal(open(sealed, place), place),
  };
}

function decipher(bytes: Buffer, key: RawKey, place: Place): Secret {
  const opening = createDecipheriv(ALGORITHM, key.bytes, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  opening.setAAD(associated(key.id, place));
  opening.setAuthTag(bytes.subarray(-TAG_BYTES));
  const packed = bytes.subarray(IV_BYTES, -TAG_BYTES);
  const text = Buffer.concat([opening.update(packed), opening.final()]);
  return new Secret(text.toString('utf8'));
}

function damaged({ owner, purpose }: Place, cause?: unknown): SyncError {
  return new SyncError('STORED_KEY_DAMAGED', { owner, purpose }, { cause });
}

/** NUL cannot occur in a part, so no two places give the same bytes. */
function associated(keyId: string, { owner, purpose }: Place): Buffer {
  return Buffer.from(['stripe-sync', keyId, purpose, owner].join('\0'), 'utf8');
}
