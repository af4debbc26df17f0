/** Why the database did not do something, from fixed lists: never the words of the server or the driver. */

/** What `pg` says without a code. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, 'SSL_NOT_SUPPORTED'],
  [/error establishing an SSL connection/, 'SSL_NOT_SUPPORTED'],
  [/client password must be a/, 'NO_PASSWORD'],
  [/timeout/i, 'ETIMEDOUT'],
  [/^Connection terminated/, 'ECONNRESET'],
  [/Another migration is already running/, 'MIGRATION_RUNNING'],
];

/** SQLSTATE, or the system's error code, also of what an error was made of. */
export function causeOf(error: unknown): Record<string, string> {
  let at: unknown = error;
  while (typeof at === 'object' && at !== null) {
    const { code, message, cause } = at as Partial<Record<'code' | 'message' | 'cause', unknown>>;
    if (typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code)) return { cause: code };
    const said = SAID.find(([form]) => typeof message === 'string' && form.test(message));
    if (said) return { cause: said[1] };
    at = cause;
  }
  return {};
}
