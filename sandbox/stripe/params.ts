/** Reads query strings as Stripe does: bracket syntax, nothing unknown, nothing out of range. */
import { badParameter, unknownParameter } from './refusal';

export interface ParamSpec {
  readonly scalars?: readonly string[];
  readonly arrays?: readonly string[];
  /** Whether `created` and its bounds are taken. */
  readonly created?: boolean;
}

export interface Params {
  readonly scalars: Map<string, string>;
  readonly arrays: Map<string, string[]>;
  /** Both inclusive. */
  readonly created: { readonly from: number; readonly to: number };
}

export function readParams(query: URLSearchParams, spec: ParamSpec): Params {
  const scalars = new Map<string, string>();
  const arrays = new Map<string, string[]>();
  let created: Params['created'] = { from: -Infinity, to: Infinity };
  for (const [key, value] of query) {
    const [, name = key, bracket] = /^(\w+)(?:\[(\w*)\])?$/.exec(key) ?? [];
    if (value === '') {
      throw badParameter(
        key,
        `You passed an empty string for '${key}'.`,
        'parameter_invalid_empty',
      );
    }
    if (bracket === undefined && spec.scalars?.includes(name) === true) {
      scalars.set(name, value);
    } else if (spec.arrays?.includes(name) === true) {
      if (bracket === undefined) throw badParameter(name, 'Invalid array');
      if (!/^\d*$/.test(bracket)) throw unknownParameter(key);
      arrays.set(name, [...(arrays.get(name) ?? []), value]);
    } else if (spec.created === true && name === 'created') {
      created = narrowed(created, key, bracket, integer(key, value));
    } else {
      throw unknownParameter(key);
    }
  }
  return { scalars, arrays, created };
}

function narrowed(
  created: Params['created'],
  key: string,
  bound: string | undefined,
  at: number,
): Params['created'] {
  const from = { gt: at + 1, gte: at }[bound ?? 'gte'];
  const to = { lt: at - 1, lte: at }[bound ?? 'lte'];
  if (from === undefined && to === undefined) throw unknownParameter(key);
  return {
    from: Math.max(created.from, from ?? -Infinity),
    to: Math.min(created.to, to ?? Infinity),
  };
}

function integer(param: string, value: string): number {
  if (!/^-?\d+$/.test(value)) {
    throw badParameter(param, `Invalid integer: ${value}`, 'parameter_invalid_integer');
  }
  return Number(value);
}

export function limitOf(params: Params): number {
  const given = params.scalars.get('limit');
  if (given === undefined) return 10;
  const limit = integer('limit', given);
  const now = `(it currently is '${limit}').`;
  if (limit < 1) {
    throw badParameter('limit', `This value must be greater than or equal to 1 ${now}`);
  }
  if (limit > 100) {
    throw badParameter('limit', `This value must be less than or equal to 100 ${now}`);
  }
  return limit;
}

/** The paths that are asked for, each of them one of those that exist; any other is refused. */
export function expansions(params: Params, isKnown: (path: string) => boolean): readonly string[] {
  const asked = params.arrays.get('expand') ?? [];
  for (const one of asked) {
    if (!isKnown(one)) {
      throw badParameter('expand', `This property cannot be expanded (${one}).`);
    }
  }
  return asked;
}

/** Whether the one expandable property is asked for; any other is refused. */
export function expands(params: Params, property: string | null): boolean {
  return expansions(params, (path) => path === property).length > 0;
}
