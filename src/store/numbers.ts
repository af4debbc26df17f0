/** Money in rows and in JSON of ours: it may pass 2^53, so no number of JavaScript's holds it. */

type WithMoney<Row, Column extends keyof Row> = Omit<Row, Column> &
  Readonly<Record<Column, bigint | null>>;

/** @param columns text of integers, or null */
export function numbered<Row, Column extends keyof Row>(
  row: Row,
  ...columns: readonly Column[]
): WithMoney<Row, Column> {
  const money = columns.map((column) => {
    const text = row[column];
    return [column, typeof text === 'string' ? BigInt(text) : null] as const;
  });
  return { ...row, ...(Object.fromEntries(money) as Record<Column, bigint | null>) };
}

/** JSON of a value with money in it. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'bigint' ? { minor: one.toString() } : one,
  );
}

/** What `asJson` was given, as its caller knows it. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, one: unknown) => {
    const isMoney = typeof one === 'object' && one !== null && 'minor' in one;
    return isMoney && typeof one.minor === 'string' ? BigInt(one.minor) : one;
  });
}
