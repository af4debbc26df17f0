/** One structured logger: an event name per line, ids and counts as fields, never payloads or keys. */
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from './config';

export type { Logger };

type LogOptions = Pick<Config, 'logLevel' | 'logFormat'>;

/** Lines on standard error, JSON unless a person reads them, so that standard output stays free for data. */
export function createLogger(
  { logLevel: level, logFormat }: LogOptions,
  to: DestinationStream = pino.destination(2),
): Logger {
  const readable: DestinationStream = {
    write(line) {
      to.write(`${asText(line)}\n`);
    },
  };
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, logFormat === 'pretty' ? readable : to);
}

/** `2026-11-29 08:26:44 info  sync.finished  status completed, found 12`. */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const when = String(time).slice(0, 19).replace('T', ' ');
  const name = (pino.levels.labels[Number(level)] ?? '').padEnd(5);
  const known = Object.entries(fields).map(([field, value]) => `${field} ${shown(value)}`);
  return `${when} ${name} ${String(msg)}${known.length > 0 ? `  ${known.join(', ')}` : ''}`;
}

/** JSON but for plain words: what is foreign cannot end a line or colour a terminal. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/#-]+$/.test(value) ? value : JSON.stringify(value);
}
