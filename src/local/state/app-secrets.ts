/** The secrets of the Blnk Cloud app in a sandbox: made once, since what they sealed outlives a restart. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readJson, writePrivateJson } from '../process/files';

const SECRETS = z.object({
  /** As the setting of this name. */
  encryptionKeys: z.string(),
  callbackSecret: z.string(),
  /** Missing in a folder of an earlier version. */
  launchSecret: z.string().default(newSecret),
});

export type AppSecrets = z.infer<typeof SECRETS>;

export function keepAppSecrets(file: string): AppSecrets {
  const kept = readJson(file, SECRETS) ?? {
    encryptionKeys: `sandbox:${randomBytes(32).toString('base64')}`,
    callbackSecret: newSecret(),
    launchSecret: newSecret(),
  };
  writePrivateJson(file, kept);
  return kept;
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
