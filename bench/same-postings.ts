/** The postings that stand in a ledger, as the bodies that would post them to another one. */
import { z } from 'zod';
import type { Target } from './loop';

const stored = z.object({
  precise_amount: z.number(),
  precision: z.number(),
  currency: z.string(),
  reference: z.string(),
  source: z.string(),
  destination: z.string(),
  description: z.string(),
  effective_date: z.string(),
  meta_data: z.record(z.string(), z.unknown()),
});
const rows = z.object({ data: z.array(stored), total: z.int() });
const balances = z.array(z.object({ balance_id: z.string(), indicator: z.string() }));

/** Rows of one answer, and ids of one question. */
const PAGE = 2_000;
const IDS = 100;

/** Oldest first. */
export async function postingsIn({ url, apiKey }: Target): Promise<string[]> {
  const all: z.infer<typeof stored>[] = [];
  for (let total = 1; all.length < total;) {
    const answer = await fetch(`${url}/sandbox/transactions?offset=${all.length}&limit=${PAGE}`);
    const part = rows.parse(await answer.json());
    all.push(...part.data);
    total = part.total;
  }
  const ids = [...new Set(all.flatMap(({ source, destination }) => [source, destination]))];
  const names = new Map<string, string>();
  for (let from = 0; from < ids.length; from += IDS) {
    const values = ids.slice(from, from + IDS);
    const answer = await fetch(`${url}/balances/filter`, {
      method: 'POST',
      headers: { 'x-blnk-key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({
        filters: [{ field: 'balance_id', operator: 'in', values }],
        limit: IDS,
      }),
    });
    for (const { balance_id, indicator } of balances.parse(await answer.json())) {
      names.set(balance_id, indicator);
    }
  }
  const nameOf = (id: string) => {
    const name = names.get(id);
    if (name === undefined) throw new Error(`the ledger does not tell what balance ${id} is`);
    return name;
  };
  return all.map(({ source, destination, ...row }) =>
    JSON.stringify({
      ...row,
      ...{ source: nameOf(source), destination: nameOf(destination) },
      ...{ allow_overdraft: true, skip_queue: true },
    }),
  );
}

const named = z.looseObject({
  reference: z.string(),
  source: z.string(),
  destination: z.string(),
});

/**
 * The same once more on one ledger: under other references, and on other balances where they are Stripe's.
 * @param balance what `@stripe` is called there
 */
export function asOthers(balance: string, suffix: string): (body: string) => string {
  const nameOf = (name: string) => name.replace(/^@stripe/, balance);
  return (body) => {
    const posting = named.parse(JSON.parse(body));
    const { reference, source, destination } = posting;
    return JSON.stringify({
      ...posting,
      reference: `${reference}.${suffix}`,
      ...{ source: nameOf(source), destination: nameOf(destination) },
    });
  };
}
