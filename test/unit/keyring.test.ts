import { randomBytes } from 'node:crypto';
import { SyncError } from '../../src/domain/errors';
import { Secret } from '../../src/secret';
import { createKeyring, ledgerPlace, type Place } from '../../src/secrets/keyring';

const key = (id: string) => ({ id, key: new Secret(randomBytes(32).toString('base64')) });
const [k1, k2] = [key('k1'), key('k2')];
const place: Place = { owner: 'inst_1', purpose: 'stripe' };
const SECRET = 'rk_live_hush';
const ring = createKeyring([k1]);
const sealed = ring.seal(new Secret(SECRET), place);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SyncError) return error.code;
    throw error;
  }
  return 'none';
}

test('what was sealed opens in its place', () => {
  expect(ring.open(sealed, place).reveal()).toBe(SECRET);
});

test('the sealed text names its key, and shows nothing of the secret', () => {
  expect(sealed).toMatch(/^v1\.k1\.[\w-]+$/);
  const bytes = Buffer.from(sealed.split('.')[2]!, 'base64url');
  expect(bytes.includes(SECRET)).toBe(false);
  expect(sealed).not.toContain(Buffer.from(SECRET).toString('base64url'));
});

test('the same secret is never sealed into the same text', () => {
  const texts = Array.from({ length: 100 }, () => ring.seal(new Secret(SECRET), place));
  expect(new Set(texts).size).toBe(100);
});

test.each<[string, Place]>([
  ['for another owner', { ...place, owner: 'inst_2' }],
  ['for another purpose', { ...place, purpose: 'blnk' }],
])('it does not open %s', (_what, other) => {
  expect(codeOf(() => ring.open(sealed, other))).toBe('STORED_KEY_DAMAGED');
});

test('a key of Blnk Cloud does not open as one of a Core, whose address is in its row', () => {
  const cloud = ledgerPlace({ installId: 'instapp_1', blnkKind: 'cloud' });
  const core = ledgerPlace({ installId: 'instapp_1', blnkKind: 'core' });
  const key = ring.seal(new Secret(SECRET), cloud);
  expect(ring.open(key, cloud).reveal()).toBe(SECRET);
  expect(codeOf(() => ring.open(key, core))).toBe('STORED_KEY_DAMAGED');
  // Sealed before Cloud had a purpose of its own.
  expect(ring.open(ring.seal(new Secret(SECRET), core), cloud).reveal()).toBe(SECRET);
});

test('it does not open once any byte of it is another one', () => {
  const [version, id, packed] = sealed.split('.');
  const bytes = Buffer.from(packed!, 'base64url');
  for (const at of bytes.keys()) {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    const text = [version, id, changed.toString('base64url')].join('.');
    expect(codeOf(() => ring.open(text, place))).toBe('STORED_KEY_DAMAGED');
  }
});

test.each(['', 'v1.k1.', 'v1.k1.AAAA', 'v2.k1.AAAA', SECRET, `${sealed}.x`, `${sealed}=`])(
  'a text of another form is damaged: %p',
  (text) => {
    expect(codeOf(() => ring.open(text, place))).toBe('STORED_KEY_DAMAGED');
  },
);

test('a key that was taken out of the settings is named when it is needed', () => {
  const other = createKeyring([k2]);
  expect(() => other.open(sealed, place)).toThrow(
    new SyncError('ENCRYPTION_KEY_UNKNOWN', { key: 'k1' }),
  );
});

test('another key under the same id does not open it', () => {
  const imposter = createKeyring([{ ...k2, id: 'k1' }]);
  expect(codeOf(() => imposter.open(sealed, place))).toBe('STORED_KEY_DAMAGED');
});

describe('rotation', () => {
  const both = createKeyring([k2, k1]);

  test('seals under the first key and still opens what the older one has sealed', () => {
    expect(both.seal(new Secret('x'), place)).toMatch(/^v1\.k2\./);
    expect(both.open(sealed, place).reveal()).toBe(SECRET);
  });

  test('puts a secret under the first key, once', () => {
    const again = both.reseal(sealed, place)!;
    expect(again).toMatch(/^v1\.k2\./);
    expect(createKeyring([k2]).open(again, place).reveal()).toBe(SECRET);
    expect(both.reseal(again, place)).toBeUndefined();
  });

  test('does not carry a text over to another place', () => {
    const other = { ...place, owner: 'inst_2' };
    expect(codeOf(() => both.reseal(sealed, other))).toBe('STORED_KEY_DAMAGED');
  });
});

test('no error of it holds the secret or a key', () => {
  const shown: string[] = [];
  for (const work of [
    () => ring.open(sealed, { ...place, owner: 'x' }),
    () => createKeyring([k2]).open(sealed, place),
  ]) {
    try {
      work();
    } catch (error) {
      shown.push(JSON.stringify(error), String(error), (error as Error).stack ?? '');
    }
  }
  expect(shown).toHaveLength(6);
  for (const text of shown) {
    expect(text).not.toContain('hush');
    expect(text).not.toContain(k1.key.reveal());
  }
});
