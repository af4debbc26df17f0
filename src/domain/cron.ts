/** Cron expressions of five fields, in UTC, as Temporal's server reads them. */

interface Field {
  readonly from: number;
  readonly to: number;
  /** Names from the lowest value on. */
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  { from: 0, to: 7, names: DAYS },
];

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether some day has a time that it names: 31 February has none, and no clock shows 25 o'clock. */
export function isCron(text: string): boolean {
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts.length !== FIELDS.length) return false;
  const values = FIELDS.map((field, at) => valuesOf(parts[at] ?? '', field));
  if (values.some((one) => one === undefined)) return false;
  const [, , days = [], months = []] = values;
  return months.some((month) => days.some((day) => day <= (LONGEST_MONTHS[month - 1] ?? 0)));
}

/** undefined: not a field. */
function valuesOf(part: string, field: Field): number[] | undefined {
  const values: number[] = [];
  for (const piece of part.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(piece) ?? [];
    const [first, last] = boundsOf(range, field, step !== undefined);
    const by = step === undefined ? 1 : Number(step);
    if (first === undefined || last === undefined || first > last || by < 1) return undefined;
    for (let value = first; value <= last; value += by) values.push(value);
  }
  return values;
}

function boundsOf(range: string, field: Field, steps: boolean): (number | undefined)[] {
  if (range === '*' || range === '?') return [field.from, field.to];
  const [first = '', last, ...more] = range.split('-');
  if (more.length > 0) return [];
  const start = valueOf(first, field);
  // `5/15` goes on from 5 to the end.
  if (last === undefined) return [start, steps ? field.to : start];
  return [start, valueOf(last, field)];
}

function valueOf(text: string, { from, to, names = [] }: Field): number | undefined {
  const named = names.indexOf(text);
  if (named !== -1) return named + from;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  return value >= from && value <= to ? value : undefined;
}
