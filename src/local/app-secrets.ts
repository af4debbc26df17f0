/** The secrets of the Blnk Cloud app in a sandbox: made once, since what they sealed outlives a restart. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readJson, writePrivateJson } from './files';

const SECRETS = z.object({
  /** As the setting of this name. */
  encryptionKeys: z.string(),
  callbackSecret: z.string(),
});

export type AppSecrets = z.infer<typeof SECRETS>;

export function keepAppSecrets(file: string): AppSecrets {
  const kept = readJson(file, SECRETS);
  if (kept) return kept;
  const made = {
    encryptionKeys: `sandbox:${randomBytes(32).toString('base64')}`,
    callbackSecret: randomBytes(32).toString('base64url'),
  };
  writePrivateJson(file, made);
  return made;
}
