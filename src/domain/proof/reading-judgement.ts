/**
 * Holds what Stripe says that its balance was against the rows that it lists: do they add up to it? A busy
 * account is never quiet, and nobody knows which rows of the same seconds a balance counts. So a reading is
 * judged against each cut of the rows around it, once the list can be trusted to be whole there.
 */

/** Seconds: how far from the time of a reading the last row may lie that it counts. */
export const EDGE = 3;

/** Seconds: Stripe lists a row some time after it was created, most of them within this. */
export const LISTED_AFTER = 120;

/** The rows of one currency around a reading. */
export interface RowsAround {
  /** What Stripe held at the cut-over, and the net of every row since that is older than `near`. */
  readonly before: bigint;
  /** Net of those created at most EDGE before or after it, oldest first, as Stripe lists them. */
  readonly near: readonly { readonly created: number; readonly net: bigint }[];
  readonly after: { readonly count: number; readonly net: bigint };
}

export type Judgement =
  | { readonly kind: 'waits' }
  | {
      readonly kind: 'judged';
      /** Stripe's balance less our rows up to the cut; zero: they add up to it. */
      readonly difference: bigint;
      /** Net of the rows past the cut. */
      readonly since: bigint;
      /**
       * There was one cut to choose. Among several, one may add up by chance: if a row is missing and
       * one of the same net lies at the edge.
       */
      readonly exact: boolean;
    };

export interface ReadingOfCurrency {
  /** Unix seconds. */
  readonly at: number;
  readonly total: bigint;
}

/** One way to part the rows into those that the reading counts and those that it does not. */
interface Cut {
  readonly difference: bigint;
  readonly since: bigint;
}

/**
 * @param listedTo Unix seconds of Stripe's clock when the newest rows were asked for
 * @param named what is known to be wrong with our rows, as a difference: then no other one is looked for
 */
export function judgeReading(
  { at, total }: ReadingOfCurrency,
  rows: RowsAround,
  listedTo: number,
  named = 0n,
): Judgement {
  const { cuts, nominal, whole } = cutsOf(total, rows, at);
  const exact = new Set(cuts.map(({ difference }) => difference)).size === 1;
  const isFitting = ({ difference }: Cut) => difference === named;
  const judged = (cut: Cut): Judgement => ({ kind: 'judged', ...cut, exact });
  if (listedTo >= at + LISTED_AFTER) {
    return judged(isFitting(nominal) ? nominal : (cuts.find(isFitting) ?? nominal));
  }
  // At once only where nothing has to be chosen: everything that is listed, or the one cut there is.
  if (exact && isFitting(nominal)) return judged(nominal);
  return rows.after.count === 0 && isFitting(whole) ? judged(whole) : { kind: 'waits' };
}

/** `nominal`: of all that was created by the time of the reading; `whole`: of all rows near it. */
function cutsOf(total: bigint, { before, near, after }: RowsAround, at: number) {
  let cut: Cut = {
    difference: total - before,
    since: near.reduce((sum, { net }) => sum + net, after.net),
  };
  let nominal = cut;
  const cuts = [cut];
  for (const { created, net } of near) {
    cut = { difference: cut.difference - net, since: cut.since - net };
    cuts.push(cut);
    if (created <= at) nominal = cut;
  }
  return { cuts, nominal, whole: cut };
}

/**
 * Which of several judged readings of a currency a proof rests on. An exact one that does not add up is
 * believed before any that was fitted later: else chance could hide what it has shown. Of fitted ones two have to add
 * up, and one in four: in a shop of one price, a missing refund lets one in thirty do so. Fewer decide nothing.
 * @param judged oldest first: this run's, those that waited, and the exact one that last did not add up
 * @returns undefined: there is none
 */
export function believed<T extends { readonly judgement: Judgement }>(
  judged: readonly T[],
): T | undefined {
  const exact = judged.findLast(({ judgement: one }) => one.kind === 'judged' && one.exact);
  if (exact && !isMatch(exact)) return exact;
  const later = exact ? judged.slice(judged.indexOf(exact) + 1) : judged;
  const decided = later.filter(({ judgement }) => judgement.kind === 'judged');
  const matches = decided.filter(isMatch);
  const [newest, match] = [decided.at(-1), matches.at(-1)];
  if (newest === undefined) return exact ?? later.at(-1);
  if (match === undefined) return newest;
  if (matches.length >= 2 && matches.length * 4 >= decided.length) return match;
  const isAgainst = matches.length < decided.length;
  return exact && !isAgainst ? exact : { ...newest, judgement: { kind: 'waits' } };
}

function isMatch({ judgement }: { readonly judgement: Judgement }): boolean {
  return judgement.kind === 'judged' && judgement.difference === 0n;
}
