/** The reads of Stripe's balance and its rows, by what a server answers and by what it is asked for. */
import type { SyncError } from '../../src/domain/errors';
import { NO_BUDGET, type Endpoint } from '../../src/domain/read-budget';
import { Secret } from '../../src/secret';
import { createStripeReader, type StripeReader } from '../../src/stripe/client';
import {
  DATE_SECONDS,
  json,
  startScriptedServer,
  text,
  type ScriptedServer,
  type Step,
} from '../support/proxies/scripted-server';

let server: ScriptedServer;
let reader: StripeReader;
let asked: string[];
const endpoints: Endpoint[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  endpoints.length = 0;
  const config = { secretKey: new Secret('rk_test_x'), apiBase: server.url, livemode: false };
  const take = (endpoint: Endpoint) => {
    endpoints.push(endpoint);
    return NO_BUDGET.take(endpoint);
  };
  reader = createStripeReader(config, { ...NO_BUDGET, take }, { confirmAfterMs: 1 });
});

/** Plays the steps, and keeps what was asked for. */
function play(...steps: Step[]): void {
  server.play(
    ...steps.map((step): Step => (response, request, body) => {
      asked.push(decodeURIComponent(request.url ?? ''));
      step(response, request, body);
    }),
  );
}
const list = (rows: readonly unknown[], has_more = false) =>
  json(200, { object: 'list', data: rows, has_more });
const refused = (right: string) =>
  json(403, { error: { message: `Having the '${right}' permission …` } });
const failure = async (work: Promise<unknown>) => {
  const { code, details } = await work.then(
    () => ({ code: 'no failure', details: {} }),
    (thrown: unknown) => thrown as SyncError,
  );
  return { code, details };
};

const BALANCE = {
  object: 'balance',
  available: [{ amount: 900, currency: 'usd', source_types: { card: 900 } }],
  pending: [{ amount: -50, currency: 'usd' }],
  livemode: false,
};

describe('the balance', () => {
  const answered = async (body: unknown) => {
    play(json(200, body));
    return reader.readBalance(never);
  };

  test('is what may be used and what is pending, dated by the answer, by one read', async () => {
    expect(await answered(BALANCE)).toEqual({
      at: DATE_SECONDS,
      parts: [{ type: 'payments', currency: 'usd', available: 900n, pending: -50n }],
    });
    expect(asked).toEqual(['/v1/balance']);
    expect(endpoints).toEqual(['balance.retrieve']);
  });

  test('may lack a currency, or name it on one side alone, or twice', async () => {
    const available = [
      { amount: -7, currency: 'EUR' },
      { amount: 10, currency: 'eur' },
    ];
    const { parts } = await answered({ available, pending: [{ amount: 1, currency: 'jpy' }] });
    expect(parts).toEqual([
      { type: 'payments', currency: 'eur', available: 3n, pending: 0n },
      { type: 'payments', currency: 'jpy', available: 0n, pending: 1n },
    ]);
    expect((await answered({ ...BALANCE, available: [], pending: [] })).parts).toEqual([]);
  });

  test('has others beside it, by their own names, also new ones', async () => {
    const { parts } = await answered({
      ...BALANCE,
      connect_reserved: [{ amount: 1, currency: 'usd' }],
      instant_available: [{ amount: 900, currency: 'usd', net_available: [] }],
      issuing: { available: [{ amount: 2, currency: 'usd' }] },
      refund_and_dispute_prefunding: {
        available: [{ amount: 3, currency: 'usd' }],
        pending: [{ amount: 4, currency: 'usd' }],
      },
      moon: { available: [{ amount: 5, currency: 'usd' }], note: 'x' },
    });
    const others = parts.filter(({ type }) => type !== 'payments');
    expect(others.map(({ type, available, pending }) => [type, available, pending])).toEqual([
      ['connect_reserved', 1n, 0n],
      ['issuing', 2n, 0n],
      ['refund_and_dispute_prefunding', 3n, 4n],
      ['moon', 5n, 0n],
    ]);
  });

  test('is exact above 2^53', async () => {
    play(
      text(
        200,
        '{"object":"balance","available":[{"amount":9007199254740993,"currency":"idr"}],' +
          '"pending":[{"amount": -9007199254740995, "currency":"idr"}]}',
        'application/json',
      ),
    );
    expect((await reader.readBalance(never)).parts).toEqual([
      {
        ...{ type: 'payments', currency: 'idr' },
        ...{ available: 9007199254740993n, pending: -9007199254740995n },
      },
    ]);
  });

  test.each<[what: string, fields: object, field: string]>([
    ['without what is pending', { pending: undefined }, 'pending'],
    [
      'an amount that is none',
      { available: [{ amount: 0.5, currency: 'usd' }] },
      'available.0.amount',
    ],
    [
      'an amount that is rounded',
      { pending: [{ amount: 1e30, currency: 'usd' }] },
      'pending.0.amount',
    ],
    ['no currency', { available: [{ amount: 1 }] }, 'available.0.currency'],
    ['another object', { object: 'list' }, 'object'],
  ])('that is not to be read is no balance: %s', async (_what, fields, field) => {
    expect(await failure(answered({ ...BALANCE, ...fields }))).toEqual({
      ...{ code: 'STRIPE_BAD_ANSWER', details: { field } },
    });
  });

  test.each([
    ['a text', 'x'],
    ['an amount that is rounded', { available: [{ amount: 1e30, currency: 'usd' }] }],
  ])('is read although one beside it cannot be: %s', async (_what, issuing) => {
    const { parts } = await answered({ ...BALANCE, issuing });
    expect(parts.map(({ type }) => type)).toEqual(['payments']);
  });

  test('names the right that a key lacks', async () => {
    play(refused('rak_balance_read'));
    expect(await failure(reader.readBalance(never))).toMatchObject({
      ...{ code: 'STRIPE_PERMISSION_MISSING', details: { permission: 'rak_balance_read' } },
    });
  });
});

const row = (id: string, source: unknown) => ({
  ...{ id, object: 'balance_transaction', amount: 10, fee: 1, net: 9, currency: 'usd' },
  ...{ created: 1_770_000_000, type: 'charge', balance_type: 'payments', source },
});
const charge = (id: string) => ({
  ...{ id, object: 'charge', payment_intent: 'pi_1', customer: null, status: 'succeeded' },
  ...{ amount: 10, amount_captured: 10, currency: 'usd' },
});
const range = { from: 1, to: 2 };
const EXPAND = 'expand[0]=data.source&expand[1]=data.source.transfer';

describe('its rows', () => {
  test('come with what they are of, a hundred in one read', async () => {
    play(
      list([row('txn_2', charge('ch_2')), { ...row('txn_1', null), created: 1_769_999_999 }], true),
    );
    const page = await reader.listTransactions(range, 'txn_3', never);
    expect(page).toMatchObject({
      ...{ nextCursor: 'txn_1', answeredAt: DATE_SECONDS, missing: [] },
      span: { newest: 1_770_000_000, oldest: 1_769_999_999 },
    });
    expect(page.rows.map(({ id, source }) => [id, source.object])).toEqual([
      ['txn_2', 'charge'],
      ['txn_1', 'other'],
    ]);
    expect(asked).toEqual([
      `/v1/balance_transactions?limit=100&created[gte]=1&created[lte]=2&starting_after=txn_3&${EXPAND}`,
    ]);
    expect(endpoints).toEqual(['balance_transactions.list']);
  });

  test('are exact above 2^53', async () => {
    const fields = '"object":"balance_transaction","currency":"idr","created":1770000000';
    const money = '"amount":9007199254740995,"fee":2,"net":9007199254740993';
    const body = `{"object":"list","has_more":false,"data":[{"id":"txn_1",${fields},${money}}]}`;
    play(text(200, body, 'application/json'));
    const { rows } = await reader.listTransactions(range, null, never);
    expect(rows).toMatchObject([
      { amount: 9007199254740995n, net: 9007199254740993n, fault: null },
    ]);
  });

  test('that cannot be read are kept', async () => {
    play(list([7, row('txn_2', null), { ...row('txn_1', null), currency: null }]));
    const { rows } = await reader.listTransactions(range, null, never);
    expect(rows.map(({ id, fault }) => [id.slice(0, 4), fault])).toEqual([
      ['row_', 'OBJECT_UNREADABLE'],
      ['txn_', null],
      ['txn_', 'FIELDS_MALFORMED'],
    ]);
  });

  test('of which one is of what the key may not read come all the same, and the right is named', async () => {
    const [no, rows] = [refused('rak_dispute_read'), ['ch_4', 'du_3', 'ch_2'] as const];
    play(
      ...[no, no, list(rows.map((id) => row(`txn_${id.slice(3)}`, id)))],
      list([row('txn_4', charge('ch_4'))]),
      list([row('txn_2', charge('ch_2'))]),
    );
    const page = await reader.listTransactions(range, null, never);
    expect(page.missing).toEqual(['rak_dispute_read']);
    expect(page.rows.map(({ source }) => source)).toMatchObject([
      { object: 'charge', id: 'ch_4', status: 'succeeded' },
      { object: 'dispute', id: 'du_3', paymentIntentId: null },
      { object: 'charge', id: 'ch_2' },
    ]);
    const created = 'created[gte]=1&created[lte]=2';
    expect(asked.slice(2)).toEqual([
      `/v1/balance_transactions?limit=100&${created}`,
      `/v1/balance_transactions?limit=1&${created}&${EXPAND}`,
      `/v1/balance_transactions?limit=1&${created}&starting_after=txn_3&${EXPAND}`,
    ]);
    expect(new Set(endpoints)).toEqual(new Set(['balance_transactions.list']));
  });

  test('of a key that may not read what they are of keep its id', async () => {
    const no = refused('rak_balance_transaction_source_read');
    play(no, no, list([row('txn_1', 'ch_1'), row('txn_2', 're_1')]));
    const page = await reader.listTransactions(range, null, never);
    expect(page.missing).toEqual(['rak_balance_transaction_source_read']);
    expect(page.rows.map(({ source }) => source)).toEqual([
      { object: 'other', id: 'ch_1' },
      { object: 'other', id: 're_1' },
    ]);
    expect(server.count()).toBe(3);
  });

  test.each([
    ['whose transfers the key may not read', 'rak_transfer_read', []],
    ['that are refused for something else then', 'rak_dispute_read', ['rak_dispute_read']],
  ])('%s are read without the accounts of reversals', async (_what, right, more) => {
    const no = refused('rak_transfer_read');
    const rows = [row('txn_2', 'du_2'), row('txn_1', charge('ch_1'))];
    const rest = right === 'rak_transfer_read' ? [] : [refused(right), refused(right), list(rows)];
    play(...[no, no, ...rest, list(rows)]);
    const page = await reader.listTransactions(range, null, never);
    expect(page.missing).toEqual(['rak_transfer_read', ...more]);
    expect(page.rows.map(({ source }) => source.object)).toEqual(['dispute', 'charge']);
    expect(asked.filter((url) => url.includes('source.transfer'))).toHaveLength(2);
    expect(server.count()).toBe(3 + rest.length);
  });

  test('are read in full after a gateway that said 403 once', async () => {
    play(refused('rak_dispute_read'), list([row('txn_1', charge('ch_1'))]));
    const page = await reader.listTransactions(range, null, never);
    expect(page).toMatchObject({ missing: [], rows: [{ source: { object: 'charge' } }] });
  });

  test('of a key that may not read the balance are refused', async () => {
    play(refused('rak_balance_read'));
    expect(await failure(reader.listTransactions(range, null, never))).toMatchObject({
      ...{ code: 'STRIPE_PERMISSION_MISSING', details: { permission: 'rak_balance_read' } },
    });
  });

  test('end with any failure of a part', async () => {
    const no = refused('rak_dispute_read');
    play(no, no, list([row('txn_1', 'ch_1')]), json(500, { error: {} }));
    expect(await failure(reader.listTransactions(range, null, never))).toMatchObject({
      code: 'STRIPE_UNAVAILABLE',
    });
  });

  test('that do not move on are refused', async () => {
    play(list([row('txn_1', null)], true));
    expect(await failure(reader.listTransactions(range, 'txn_1', never))).toMatchObject({
      ...{ code: 'STRIPE_BAD_ANSWER', details: { field: 'cursor' } },
    });
  });
});

describe('one row', () => {
  test('comes with what it is of', async () => {
    play(json(200, row('txn_1', charge('ch_1'))));
    expect(await reader.readTransaction('txn_1', never)).toMatchObject({
      ...{ id: 'txn_1', source: { object: 'charge' }, fault: null },
    });
    expect(asked).toEqual([
      '/v1/balance_transactions/txn_1?expand[0]=source&expand[1]=source.transfer',
    ]);
    expect(endpoints).toEqual(['balance_transactions.retrieve']);
  });

  test('comes with an id of what the key may not read', async () => {
    const no = refused('rak_charge_read');
    play(no, no, json(200, row('txn_1', 'ch_1')));
    expect(await reader.readTransaction('txn_1', never)).toMatchObject({
      source: { object: 'other', id: 'ch_1' },
    });
  });

  test('that does not exist is none', async () => {
    play(json(404, { error: { type: 'invalid_request_error', code: 'resource_missing' } }));
    expect(await reader.readTransaction('txn_1', never)).toBeUndefined();
  });
});

describe('a dispute', () => {
  const DISPUTE = {
    ...{ id: 'du_1', object: 'dispute', amount: 10, charge: 'ch_1', currency: 'usd' },
    ...{ payment_intent: 'pi_1', status: 'lost' },
  };
  const answered = async (fields: object) => {
    play(json(200, { ...DISPUTE, ...fields }));
    return reader.readDispute('du_1', never);
  };

  test.each([
    ['won', true],
    ['lost', true],
    ['warning_closed', true],
    ['prevented', true],
    ['needs_response', false],
    ['under_review', false],
    ['appeal_under_review', false],
    ['a_word_of_a_later_version', false],
  ])('that is %s is final: %s', async (status, isFinal) => {
    expect(await answered({ status })).toMatchObject({
      ...{ status, isFinal, dispute: { id: 'du_1', chargeId: 'ch_1', amount: 10n } },
    });
    expect(endpoints).toEqual(['disputes.retrieve']);
  });

  test('that cannot be read is no dispute', async () => {
    for (const fields of [{ status: null }, { charge: 7 }]) {
      expect(await failure(answered(fields))).toMatchObject({ code: 'STRIPE_BAD_ANSWER' });
    }
  });

  test('that does not exist is none', async () => {
    play(json(404, { error: { type: 'invalid_request_error', code: 'resource_missing' } }));
    expect(await reader.readDispute('du_1', never)).toBeUndefined();
  });
});
