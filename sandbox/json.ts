/**
 * JSON of the stand-ins. Ledgers and payment services send integers above 2^53; a stand-in that
 * rounded them would hide the reader's rounding, so a bigint is written as a plain number here.
 */
import type { z } from 'zod';
import type { Reply, StandInRequest } from './exchange';

/** Starts with a NUL, so that no text of a scenario can be mistaken for a number. */
const MARK = '\u0000';
const MARKED = /"\\u0000(-?\d+)"/g;

export function toJson(value: unknown): string {
  try {
    // Ten times faster than with a replacer, and a page of a hundred rows has no bigint as a rule.
    return JSON.stringify(value);
  } catch {
    const text = JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'bigint' ? MARK + member.toString() : member,
    );
    return text.replace(MARKED, '$1');
  }
}

type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reply: Reply };

/** The JSON body of a control request, or the 400 that says what is wrong with it. */
export function jsonBody<T>(request: StandInRequest, schema: z.ZodType<T>): Parsed<T> {
  let body: unknown;
  try {
    body = JSON.parse(request.body === '' ? '{}' : request.body);
  } catch (error) {
    return { ok: false, reply: { status: 400, json: { error: String(error) } } };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'body'}: ${message}`,
  );
  return { ok: false, reply: { status: 400, json: { error: problems.join('; ') } } };
}
