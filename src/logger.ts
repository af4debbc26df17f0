/** One structured logger: an event name per line, ids and counts as fields, never payloads or keys. */
import { pino, type Logger } from 'pino';
import type { Config } from './config';

export type { Logger };

/** JSON lines on standard error, so that standard output stays free for data. */
export function createLogger(level: Config['logLevel']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
