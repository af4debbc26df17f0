/** The obvious ways to take pay-ins from Stripe, over HTTP, each as its authors would write it. */
import { z } from 'zod';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';

export interface Strategy {
  readonly name: string;
  /** Minor units by PaymentIntent, as they were when it was first taken. */
  readonly taken: ReadonlyMap<string, number>;
  poll(now: number): Promise<void>;
}

const intent = z.object({
  id: z.string(),
  status: z.string(),
  amount_received: z.number(),
  created: z.number(),
});
const event = z.object({ id: z.string(), created: z.number(), data: z.object({ object: intent }) });
const listOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), has_more: z.boolean() });

async function list<Row extends { id: string }>(
  base: string,
  path: string,
  row: z.ZodType<Row>,
  query: Readonly<Record<string, string>>,
  pages: 'first' | 'all' = 'all',
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const asked = new URLSearchParams({
      limit: '100',
      ...query,
      ...(last && { starting_after: last.id }),
    });
    const headers = { Authorization: `Bearer ${SANDBOX_STRIPE_KEY}` };
    const answer = await fetch(`${base}/v1/${path}?${asked.toString()}`, { headers });
    const { data, has_more } = listOf(row).parse(await answer.json());
    rows.push(...data);
    if (!has_more || pages === 'first') return rows;
  }
}

type Intent = z.infer<typeof intent>;

function strategy(name: string, read: (now: number) => Promise<readonly Intent[]>): Strategy {
  const taken = new Map<string, number>();
  return {
    name,
    taken,
    async poll(now) {
      for (const { id, status, amount_received } of await read(now)) {
        if (status === 'succeeded' && !taken.has(id)) taken.set(id, amount_received);
      }
    },
  };
}

const newestOf = (rows: readonly { created: number }[], before: number) =>
  rows.reduce((newest, { created }) => Math.max(newest, created), before);

export function obviousStrategies(base: string): Strategy[] {
  const sinceCreated = (name: string, lookBack: number) => {
    let last = 0;
    return strategy(name, async () => {
      const rows = await list(base, 'payment_intents', intent, {
        'created[gt]': String(Math.max(0, last - lookBack)),
      });
      last = newestOf(rows, last);
      return rows;
    });
  };
  const successes = (created: Readonly<Record<string, string>>) =>
    list(base, 'events', event, { type: 'payment_intent.succeeded', ...created });
  let lastEvent = 0;
  let watermark = 0;
  return [
    strategy('the newest 100 PaymentIntents', () =>
      list(base, 'payment_intents', intent, {}, 'first'),
    ),
    sinceCreated('PaymentIntents created after the last one seen', 0),
    sinceCreated('the same, looking back 10 minutes', 600),
    strategy('success events after the last one seen', async () => {
      const rows = await successes({ 'created[gt]': String(lastEvent) });
      lastEvent = newestOf(rows, lastEvent);
      return rows.map(({ data }) => data.object);
    }),
    strategy('success events, a minute behind and overlapping by 10', async (now) => {
      const rows = await successes({ 'created[gte]': String(Math.max(0, watermark - 600)) });
      watermark = now - 60;
      return rows.map(({ data }) => data.object);
    }),
  ];
}
