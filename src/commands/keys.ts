/** `keys rotate`: puts every stored key under the first of ENCRYPTION_KEYS. */
import type { Command } from 'commander';
import { count, formatNumber } from '../domain/text';
import { EXIT } from '../exit';
import { replaceSealed, sealedKeys } from '../store/sealed-keys';
import type { CommonOptions, Context } from './context';
import { group, verb, type Run } from './verb';

export function addKeys(program: Command, run: Run): void {
  const keys = group(program, 'keys', 'The encryption of stored keys');
  verb(
    keys,
    'rotate',
    'Encrypt all stored keys with the first of ENCRYPTION_KEYS',
    'keys rotate',
  ).action((options: CommonOptions) => run(options, rotate));
}

/** May be repeated, also after it was ended half way. @throws SyncError ENCRYPTION_KEY_UNKNOWN */
async function rotate(context: Context): Promise<number> {
  const { connectedDeps } = await import('./instances-deps.js');
  const { db, keyring } = await connectedDeps(context);
  let rotated = 0;
  const stored = await sealedKeys(db);
  for (const key of stored) {
    const resealed = keyring.reseal(key.sealed, key);
    if (resealed === undefined) continue;
    await replaceSealed(db, key, resealed);
    rotated += 1;
  }
  const already = stored.length - rotated;
  context.output.data(
    { rotated, already },
    `${count(rotated, 'stored key')} encrypted anew, ${formatNumber(already)} ${already === 1 ? 'was' : 'were'} under the first key already. Once all are, the old one can go.`,
  );
  return EXIT.done;
}
