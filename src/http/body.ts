/** Bodies of requests, parsed; what is wrong is told by the name of a field and never by its value. */
import type { z } from 'zod';
import { SyncError } from '../domain/errors';

/** @throws SyncError PAYLOAD_INVALID */
export function parseBody<Parsed>(schema: z.ZodType<Parsed>, body: unknown): Parsed {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new SyncError('PAYLOAD_INVALID', /^[\w.]{1,80}$/.test(field) ? { field } : {});
}
