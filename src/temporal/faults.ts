/** Faults of the connection to Temporal, which come as whatever gRPC makes of them. */
import { SyncError, type ErrorCode } from '../domain/errors';

/** Temporal's client wraps what gRPC reports. */
export function grpcStatusOf(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'number') return at.code;
  }
  return undefined;
}

/** The code of any error of work that asks Temporal. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof SyncError) return error.code;
  return grpcStatusOf(error) === undefined ? 'INTERNAL' : 'TEMPORAL_UNAVAILABLE';
}

/** The system's code of an error of files or connections. */
export function causeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : undefined;
}

/** What the core of Temporal's SDK says, in its own words, when it cannot connect. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/ConnectionRefused/, 'ECONNREFUSED'],
  [/dns error|failed to lookup/, 'ENOTFOUND'],
  [/UnknownIssuer|NotValidForName|Expired|InvalidCertificate/, 'CERTIFICATE'],
  [/InvalidContentType|InvalidMessage|HandshakeFailure|AlertReceived|received corrupt/, 'TLS'],
  [/ConnectionReset|BrokenPipe|UnexpectedEof|connection closed|GoAway|h2 protocol/, 'ECONNRESET'],
  [/TimedOut|deadline|timeout|Timeout/, 'ETIMEDOUT'],
  [/Unauthenticated|PermissionDenied/, 'REFUSED'],
];

/** Why Temporal was not reached, from a fixed list; undefined when it says nothing that we know. */
export function connectCauseOf(error: unknown): string | undefined {
  const said = error instanceof Error ? error.message : '';
  return SAID.find(([form]) => form.test(said))?.[1];
}
