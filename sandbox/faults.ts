/**
 * The fault hook of a stand-in: rules that spoil chosen requests, set from code or over HTTP. A rule
 * with when "after" lets the change happen and then spoils the answer: committed, then timed out.
 */
import { z } from 'zod';
import { jsonBody } from './json';
import { createRandom } from './random';
import type { Handler } from './exchange';

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(100).max(599),
    json: z.unknown().optional(),
    text: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal('html'), status: z.int().min(100).max(599) }),
  z.strictObject({ kind: z.literal('empty') }),
  z.strictObject({ kind: z.literal('truncated') }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('hang'), ms: z.int().nonnegative().optional() }),
  z.strictObject({ kind: z.literal('delay'), ms: z.int().nonnegative() }),
  /** The answer as it is, with a Date that is off by so many seconds. */
  z.strictObject({ kind: z.literal('date'), ahead: z.int() }),
  /** One row of a list is another one, or has other members (by dotted path). */
  z.strictObject({
    kind: z.literal('row'),
    /** Default 0. */
    at: z.int().nonnegative().optional(),
    json: z.unknown().optional(),
    set: z.record(z.string(), z.unknown()).optional(),
    remove: z.array(z.string()).optional(),
  }),
]);

const rule = z.strictObject({
  method: z.string().optional(),
  /** A prefix of the path. */
  path: z.string().startsWith('/').optional(),
  /** Share of the matching requests that are spoiled, by a seeded die. Default 1. */
  rate: z.number().min(0).max(1).optional(),
  /** How many requests are spoiled before the rule is spent. Default: no end. */
  times: z.int().positive().optional(),
  /** How many matching requests pass first. Default 0. */
  skip: z.int().nonnegative().optional(),
  /** Default "before": the request never reaches the service. */
  when: z.enum(['before', 'after']).optional(),
  fault,
});

const rules = z.union([rule, z.array(rule)]);

export type Fault = z.infer<typeof fault>;
export type FaultRule = z.infer<typeof rule>;

export interface AddedFault {
  readonly rule: FaultRule;
  /** How many requests it has spoiled so far. */
  fired(): number;
  remove(): void;
}

export interface FaultHook {
  add(rule: FaultRule): AddedFault;
  clear(): void;
  list(): AddedFault[];
}

/** The side that the server asks, once per request: the first rule that fires decides. */
export interface FaultChooser extends FaultHook {
  choose(request: { readonly method: string; readonly path: string }): FaultRule | null;
}

export function createFaults(seed: number | string = 'faults'): FaultChooser {
  const random = createRandom(seed);
  let added: (AddedFault & { fires(request: { method: string; path: string }): boolean })[] = [];

  return {
    add: (given) => {
      let passed = 0;
      let fired = 0;
      const entry = {
        rule: given,
        fired: () => fired,
        remove: () => void (added = added.filter((other) => other !== entry)),
        fires: (request: { method: string; path: string }) => {
          if (given.method !== undefined && given.method.toUpperCase() !== request.method) {
            return false;
          }
          if (!request.path.startsWith(given.path ?? '/')) return false;
          if (given.times !== undefined && fired >= given.times) return false;
          if (passed < (given.skip ?? 0)) {
            passed += 1;
            return false;
          }
          if (random.next() >= (given.rate ?? 1)) return false;
          fired += 1;
          return true;
        },
      };
      added.push(entry);
      return entry;
    },
    clear: () => void (added = []),
    list: () => [...added],
    choose: (request) => added.find((entry) => entry.fires(request))?.rule ?? null,
  };
}

export function faultControl(faults: FaultHook): Record<string, Handler> {
  const show = (status: number) => ({
    status,
    json: { rules: faults.list().map((entry) => ({ ...entry.rule, fired: entry.fired() })) },
  });
  return {
    'GET /sandbox/faults': () => show(200),
    'POST /sandbox/faults': (request) => {
      const parsed = jsonBody(request, rules);
      if (!parsed.ok) return parsed.reply;
      for (const one of [parsed.value].flat()) faults.add(one);
      return show(201);
    },
    'DELETE /sandbox/faults': () => {
      faults.clear();
      return { status: 204 };
    },
  };
}
