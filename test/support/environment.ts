/** What global-setup.ts has started, as a test file sees it. */
import { z } from 'zod';

const ENVIRONMENT = z.object({
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  bundle: z.string(),
});

export function testEnvironment(): z.infer<typeof ENVIRONMENT> {
  return ENVIRONMENT.parse(JSON.parse(process.env['SYNC_TEST'] ?? '{}'));
}
