/** What a benchmark ends in: figures, each with its goal, as a table or as lines of JSON. */

export type Goal = readonly [relation: '>=' | '<=' | '=', value: number];

export interface Figure {
  /** `<benchmark>.<what>`; the same in every run. */
  readonly name: string;
  readonly value: number;
  /** null: only reported. */
  readonly goal: Goal | null;
  /** How it came about, in words and numbers. */
  readonly detail: string;
}

export function figure(name: string, value: number, goal: Goal | null, detail: string): Figure {
  return { name, value, goal, detail };
}

/** null where there is no goal. */
export function isMet({ value, goal }: Figure): boolean | null {
  if (goal === null) return null;
  const [relation, wanted] = goal;
  switch (relation) {
    case '>=':
      return value >= wanted;
    case '<=':
      return value <= wanted;
    case '=':
      return value === wanted;
  }
}

export function toJsonLine(figure: Figure): string {
  const { name, value, detail } = figure;
  const goal = figure.goal?.join(' ') ?? null;
  return JSON.stringify({ name, value: rounded(value), goal, met: isMet(figure), detail });
}

/** Columns figure, value, goal, met; then a line on each figure. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((one) => {
    const met = isMet(one);
    const verdict = met === null ? '-' : met ? 'yes' : 'no';
    return [one.name, String(rounded(one.value)), one.goal?.join(' ') ?? '-', verdict] as const;
  });
  const head = ['figure', 'value', 'goal', 'met'] as const;
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      // Numbers line up at their right.
      .map((cell, at) => (at === 1 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd();
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const details = figures.map(({ name, detail }) => `${name}: ${detail}`);
  return [line(head), rule, ...rows.map(line), '', ...details].join('\n');
}

/** Four digits that count, and whole numbers as they are. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
