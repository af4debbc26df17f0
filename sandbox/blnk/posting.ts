/**
 * Reads the body of POST /transactions as Blnk Core does: types first (one word for every mistake),
 * then the rules of the fields. `precise_amount` must be written as an integer and stays exact.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Refusal } from './errors';
import { readMoment } from './moment';

export interface Posting {
  readonly amount: bigint;
  readonly precision: number;
  readonly currency: string;
  readonly reference: string;
  readonly description: string;
  readonly source: string;
  readonly destination: string;
  readonly effectiveMicros: number | null;
  readonly metaData: Record<string, unknown> | null;
  readonly allowOverdraft: boolean;
  readonly skipQueue: boolean;
}

export type ReadPosting =
  | { readonly kind: 'posting'; readonly posting: Posting }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'not held'; readonly what: string };

export interface PostingPath {
  /** Blnk Cloud's proxy: puts in precision 100 and a random reference where they are missing. */
  readonly cloudDefaults?: boolean;
  /** A scoped key: Core rewrites the body to note the key, and floats carry the numbers then. */
  readonly scopedKeyId?: string;
}

const orElse = <T extends z.ZodType, D>(type: T, otherwise: D) =>
  type.nullish().transform((value) => value ?? otherwise);
const text = orElse(z.string(), '');
const flag = orElse(z.boolean(), false);
const number = orElse(z.number(), null);
const legs = orElse(z.array(z.unknown()), []);

const wire = z.object({
  precision: number,
  currency: text,
  reference: text,
  description: text,
  source: text,
  destination: text,
  effective_date: text,
  meta_data: orElse(z.record(z.string(), z.unknown()), null),
  allow_overdraft: flag,
  skip_queue: flag,
  dry_run: flag,
  amount: number,
  overdraft_limit: number,
  inflight: flag,
  sources: legs,
  destinations: legs,
  scheduled_for: text,
});

export function readPosting(body: string, path: PostingPath = {}): ReadPosting {
  const malformed: ReadPosting = {
    kind: 'refused',
    refusal: { code: 'GEN_MALFORMED_REQUEST', message: 'Invalid input' },
  };
  const json = parseJson(body);
  const parsed = wire.safeParse(json);
  if (!parsed.success) return malformed;
  const sent = parsed.data;

  const amount = readAmount(body, json, path.scopedKeyId !== undefined);
  if (amount === 'malformed') return malformed;
  const effectiveMicros = sent.effective_date === '' ? null : readMoment(sent.effective_date);
  if (sent.effective_date !== '' && effectiveMicros === null) return malformed;

  const { cloudDefaults = false, scopedKeyId } = path;
  const posting = {
    amount,
    precision: sent.precision ?? (cloudDefaults ? 100 : 0),
    currency: sent.currency,
    reference: sent.reference === '' && cloudDefaults ? `ref_${randomUUID()}` : sent.reference,
    description: sent.description,
    source: sent.source,
    destination: sent.destination,
    effectiveMicros,
    metaData:
      scopedKeyId === undefined
        ? sent.meta_data
        : { ...sent.meta_data, BLNK_GENERATED_BY: scopedKeyId },
    allowOverdraft: sent.allow_overdraft,
    skipQueue: sent.skip_queue,
  };

  const unknown = notHeldPart(sent);
  if (unknown !== null) return { kind: 'not held', what: unknown };
  const problems = brokenRules(posting);
  if (problems !== '' || posting.amount === null) {
    return {
      kind: 'refused',
      refusal: { code: 'TXN_VALIDATION_ERROR', message: problems, legacyKey: 'errors' },
    };
  }
  // Core reads a missing precision and 0 as 1.
  const precision = posting.precision === 0 ? 1 : posting.precision;
  return { kind: 'posting', posting: { ...posting, amount: posting.amount, precision } };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON is answered like any other malformed body.
    return undefined;
  }
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** The digits of `precise_amount` as they were written, which JSON.parse alone would round. */
function readAmount(body: string, json: unknown, rounded: boolean): bigint | null | 'malformed' {
  const value = field(json, 'precise_amount');
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') return 'malformed';
  const quoted = body.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  const literal = String(field(JSON.parse(quoted), 'precise_amount'));
  // 5.0 and 1e3 are integers to JavaScript, and refused by Core.
  if (!/^-?\d+$/.test(literal)) return 'malformed';
  if (!rounded) return BigInt(literal);
  // From 1e21 on Core's rewriting writes an exponent and then refuses it.
  return Math.abs(value) < 1e21 ? BigInt(value) : 'malformed';
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

function notHeldPart(sent: z.infer<typeof wire>): string | null {
  if ((sent.amount ?? 0) !== 0) return 'amounts in major units';
  if ((sent.overdraft_limit ?? 0) !== 0) return 'overdraft limits';
  // Core's newest source has them; its releases up to 0.15.2 post them for real.
  if (sent.dry_run) return 'dry runs';
  if (sent.inflight) return 'inflight transactions';
  if (sent.sources.length + sent.destinations.length > 0) return 'split transactions';
  return sent.scheduled_for === '' ? null : 'scheduled transactions';
}

function brokenRules(posting: Omit<Posting, 'amount'> & { amount: bigint | null }): string {
  const { amount, precision, source, destination } = posting;
  const problems = [
    amount === null && 'amount: either amount or precise_amount is required',
    amount !== null && amount < 0n && 'amount: precise_amount cannot be negative',
    posting.currency === '' && 'currency: cannot be blank',
    posting.description === '' && 'description: cannot be blank',
    destination === '' && 'destination: either destination or destinations is required, not both',
    source !== '' &&
      source === destination &&
      'destination: source and destination cannot be the same balance',
    !Number.isInteger(precision) && 'precision: precision must be an integer value',
    Number.isInteger(precision) && precision < 0 && 'precision: precision cannot be negative',
    posting.reference === '' && 'reference: cannot be blank',
    source === '' && 'source: either source or sources is required, not both',
  ].filter((problem) => problem !== false);
  return problems.length === 0 ? '' : `${problems.join('; ')}.`;
}
