/** A sync, its dry run and `explain` decide alike about every payment, before the sync and after it. */
import type { PlannedPayment } from '../../src/domain/plan';
import { dryRun } from '../../src/engine/dry-run';
import { gatherEvidence } from '../../src/engine/evidence';
import { verdictOf } from '../../src/engine/verdict';
import { connectDb, type Db } from '../../src/store/db';
import { findPayIn } from '../../src/store/movements';
import type { PayOptions } from '../../sandbox/stripe/objects/intent';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

const DAY = 24 * 60 * 60;
const NOW = Math.floor(Date.now() / 1000);

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

async function begin(
  sinceDaysAgo: number | null,
  through?: Parameters<typeof startWorld>[1]['through'],
) {
  const since = sinceDaysAgo === null ? null : startOfDay(NOW - sinceDaysAgo * DAY);
  const settings =
    since === null ? {} : { SYNC_SINCE: new Date(since * 1000).toISOString().slice(0, 10) };
  world = await startWorld(db, { startAt: NOW, settings, ...(through && { through }) });
  return since ?? NOW - 60 * DAY;
}

function startOfDay(seconds: number): number {
  return seconds - (seconds % DAY);
}

/** Whatever can become of a payment, on both sides of a cut-over. */
function everyKind(since: number): PayOptions[] {
  const debit = { paymentMethodType: 'sepa_debit' };
  return [
    { createdAt: since + DAY, succeededAt: since + DAY },
    { createdAt: since - DAY, succeededAt: since + 1 },
    { createdAt: since - DAY, succeededAt: since - 1 },
    { createdAt: since - 400 * DAY, succeededAt: since - 399 * DAY },
    {
      ...debit,
      createdAt: since - 9 * DAY,
      chargeCreatedAt: since - DAY,
      succeededAt: since + DAY,
    },
    { ...debit, createdAt: since - 9 * DAY, chargeCreatedAt: since + 5, succeededAt: since + DAY },
    {
      ...debit,
      createdAt: since - 9 * DAY,
      chargeCreatedAt: since - 8 * DAY,
      succeededAt: since - 5 * DAY,
    },
    { createdAt: since + DAY, currency: 'xts' },
    { createdAt: since + DAY, amount: 1500, amountReceived: 0 },
    { createdAt: since + DAY, amount: 1500, amountReceived: -1500 },
    { createdAt: since + DAY, amount: null, amountReceived: null },
    { createdAt: since + DAY, amount: '9007199254740993' },
    { createdAt: since + DAY, customer: null },
  ];
}

interface Judged {
  readonly state: string;
  readonly reason: string | null;
}

const STATE: Record<PlannedPayment['outcome'], string> = {
  to_post: 'posted',
  already_posted: 'already_posted',
  to_set_aside: 'quarantined',
  before_since: 'before_since',
};

async function planned(): Promise<Map<string, Judged>> {
  const all = new Map<string, Judged>();
  const list = (payments: readonly PlannedPayment[]) => {
    for (const { paymentIntentId, outcome, reason } of payments)
      all.set(paymentIntentId, { state: STATE[outcome], reason });
  };
  const ends = world.connection;
  await dryRun({ db, ends, show: () => undefined, list }, { kind: 'full' }, false);
  return all;
}

async function explained(id: string): Promise<Judged> {
  const never = new AbortController().signal;
  const { evidence, context } = await gatherEvidence(db, world.connection, id, never);
  const verdict = verdictOf(evidence, context);
  switch (verdict.kind) {
    case 'post':
      return { state: 'posted', reason: null };
    case 'there':
      return { state: 'already_posted', reason: null };
    case 'set_aside':
      return { state: 'quarantined', reason: verdict.reason };
    default:
      return { state: verdict.kind, reason: null };
  }
}

async function recorded(id: string): Promise<Judged> {
  const row = await findPayIn(db, world.instanceId, id);
  return { state: row?.state ?? 'unknown', reason: row?.reason ?? null };
}

/** What was booked is there from then on. */
function afterwards({ state, reason }: Judged): Judged {
  return { state: state === 'posted' ? 'already_posted' : state, reason };
}

/** @param eventsOnly those whose time of success neither they nor their charge tells */
async function expectAgreement(
  ids: readonly string[],
  eventsOnly: readonly string[],
): Promise<void> {
  const plan = await planned();
  const before = new Map(
    await Promise.all(ids.map(async (id) => [id, await explained(id)] as const)),
  );
  await world.driver.sync();
  const seen = new Set<string>();
  for (const id of ids) {
    const row = await recorded(id);
    if (row.state === 'unknown') {
      // Neither a listing nor an event of this sync tells of it: it lies wholly before the cut-over.
      const untold = eventsOnly.includes(id) ? 'undecided' : 'before_since';
      expect([plan.get(id), before.get(id)?.state]).toEqual([undefined, untold]);
      continue;
    }
    seen.add(row.state);
    expect({ id, plan: plan.get(id) }).toEqual({ id, plan: row });
    // Only an event tells when a debit succeeded: one payment alone cannot be asked for that.
    if (eventsOnly.includes(id)) expect(before.get(id)?.state).toBe('undecided');
    else expect({ id, explain: before.get(id) }).toEqual({ id, explain: row });
    expect({ id, after: await explained(id) }).toEqual({ id, after: afterwards(row) });
  }
  expect(seen.size).toBeGreaterThan(1);
  // What it has settled the next plan leaves alone.
  expect([...(await planned()).values()].filter(({ state }) => state === 'posted')).toEqual([]);
}

it.each([null, 5, 20, 24, 26, 60, 400])(
  'a first sync with books that begin %s days ago',
  async (daysAgo) => {
    const since = await begin(daysAgo);
    const ids: string[] = [];
    const eventsOnly: string[] = [];
    for (const options of everyKind(since)) {
      if ((options.succeededAt ?? 0) > NOW - 60) continue;
      const { id } = await world.stripe.world.pay(options);
      ids.push(id);
      const { chargeCreatedAt, createdAt = 0 } = options;
      const isDebit = daysAgo !== null && chargeCreatedAt !== undefined && createdAt < since;
      if (isDebit && chargeCreatedAt < since) eventsOnly.push(id);
    }
    await expectAgreement(ids, eventsOnly);
  },
);

it('a key that may only write', async () => {
  await begin(null, (connection) => ({ ...connection, grants: ['data:write'] }));
  world.blnk.keys.cloud.forEach((key, name) =>
    world.blnk.keys.cloud.set(name, { ...key, permissions: ['data:write'] }),
  );
  const paid = await world.stripe.world.pay({ createdAt: NOW - DAY });
  expect((await planned()).get(paid.id)).toEqual({ state: 'posted', reason: null });
  expect(await explained(paid.id)).toEqual({ state: 'posted', reason: null });
  await world.driver.sync();
  expect(await recorded(paid.id)).toEqual({ state: 'posted', reason: null });
});

it('books that begin at another date than was planned are listed anew, and explain knows that', async () => {
  const since = await begin(30);
  // Its event is gone, and nothing else tells on which side of the first date it has succeeded.
  const { id } = await world.stripe.world.pay({
    paymentMethodType: 'sepa_debit',
    ...{
      createdAt: since - 6 * DAY,
      chargeCreatedAt: since - 5 * DAY,
      succeededAt: since - 3 * DAY,
    },
  });
  await world.driver.sync();
  expect(await recorded(id)).toEqual({ state: 'quarantined', reason: 'SUCCESS_TIME_UNKNOWN' });
  const later = new Date((since + 10 * DAY) * 1000).toISOString().slice(0, 10);
  await world.configure({ SYNC_SINCE: later });
  const [plan, before] = [(await planned()).get(id), await explained(id)];
  await world.driver.sync();
  const decided = await recorded(id);
  expect(decided).toEqual({ state: 'before_since', reason: null });
  expect([plan, before]).toEqual([decided, decided]);
});
