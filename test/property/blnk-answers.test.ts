/** Whatever a ledger answers, there is a decision or an error of ours, and money is never said to be there. */
import fc from 'fast-check';
import { createCloudLedger } from '../../src/blnk/cloud';
import { createCoreLedger } from '../../src/blnk/core';
import { lookUpAll } from '../../src/engine/posting/look-up';
import { decide } from '../../src/domain/decide';
import { isErrorCode, SyncError } from '../../src/domain/errors';
import type { Ledger, LedgerEntry } from '../../src/domain/ledger';
import { Secret } from '../../src/secret';
import { aPosting } from '../support/worlds/a-posting';
import { runs } from '../support/property-runs';
import { startScriptedServer, type ScriptedServer } from '../support/proxies/scripted-server';
import { answerLike, asStep, orElse, type Answer } from './answers';

const POSTING = aPosting();

const REFERENCES = ['pi_1', 'pi_1_q', 'pi_1.r2', 'pi_1.r2_q'];

const transaction = fc.record({
  transaction_id: orElse(fc.constantFrom('txn_1', 'txn_2', '')),
  reference: orElse(fc.constantFrom(...REFERENCES, 'pi_2')),
  status: orElse(fc.constantFrom('APPLIED', 'APPLIED', 'QUEUED', 'REJECTED', 'INFLIGHT')),
  precise_amount: orElse(fc.constantFrom(2000, '2000', 1999, 2000.5)),
  precision: orElse(fc.constantFrom(100, 1, 0)),
  currency: orElse(fc.constantFrom('USD', 'EUR')),
  meta_data: orElse(fc.record({ stripe_customer_id: orElse(fc.constantFrom('cus_1', 'cus_2')) })),
});
const rows = fc.array(transaction, { maxLength: 3 });
const refusal = fc.record({
  error: fc.string(),
  error_detail: orElse(
    fc.record({ code: orElse(fc.constantFrom('TXN_DUPLICATE_REFERENCE', 'GEN_INTERNAL', '')) }),
  ),
});
const posted = answerLike([201, 200, 202, 400, 409, 423, 500], fc.oneof(transaction, refusal));
const read = answerLike(
  [200, 200, 201, 400, 404, 500],
  fc.oneof(
    rows,
    fc.record({ data: orElse(rows), total: orElse(fc.constantFrom(0, 1, 2, 3, 1_000_000_000)) }),
    refusal,
  ),
);

let server: ScriptedServer;
let ledgers: Readonly<Record<'core' | 'cloud', Ledger>>;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startScriptedServer();
  const access = {
    url: server.url,
    apiKey: new Secret('blnk_secret'),
    timeoutMs: 5_000,
    confirmAfterMs: 0,
  };
  ledgers = {
    core: createCoreLedger(access),
    cloud: createCloudLedger({ ...access, instanceId: 'inst_1' }),
  };
});
afterAll(() => server.close());

/** Undefined: it failed as one of our errors. Any other throw fails the test. */
async function outcomeOf<T>(answers: readonly Answer[], ask: () => Promise<T>) {
  server.play(...answers.map(asStep));
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(isErrorCode(error.code) && error.code).toMatch(/^BLNK_/);
    return undefined;
  }
}

const form = fc.constantFrom('core' as const, 'cloud' as const);
const saysApplied = ({ status, body }: Answer) =>
  [200, 201].includes(status) && /"status":\s*"APPLIED"/.test(body);

test('any answer to a posting is an outcome or an error of ours, and applied only if it says so', async () => {
  await fc.assert(
    fc.asyncProperty(form, posted, async (which, answer) => {
      const outcome = await outcomeOf([answer], () => ledgers[which].post(POSTING, never));
      if (outcome?.kind === 'applied') expect(saysApplied(answer)).toBe(true);
    }),
    runs(1_500),
  );
}, 600_000);

test('any answers to a look-up lead to a decision or an error of ours, and there only if one says so', async () => {
  const answers = fc.array(read, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(form, answers, async (which, given) => {
      const found = await outcomeOf(given, () =>
        lookUpAll(ledgers[which], [POSTING.reference], never),
      );
      if (!found) return;
      const decision = decide(POSTING, found, 'sync_1');
      const under = REFERENCES.flatMap((reference) => found.get(reference) ?? []);
      if (decision.kind === 'there') {
        expect(under.some(isOurs)).toBe(true);
        expect(given.some(saysApplied)).toBe(true);
      }
      if (decision.kind === 'post') {
        expect(under.every(({ status }) => status === 'REJECTED')).toBe(true);
      }
    }),
    runs(1_500),
  );
}, 600_000);

const amount = fc.constantFrom(7, '7', 7.5, '7.00', -7, '9007199254740993', 1e20);
const balance = fc.record({
  balance_id: orElse(fc.constantFrom('bln_1', 'bln_2', '')),
  indicator: orElse(fc.constantFrom('@stripe', '@stripe', '@cus_1')),
  currency: orElse(fc.constantFrom('USD', 'EUR')),
  balance: orElse(amount),
  debit_balance: orElse(amount),
  credit_balance: orElse(amount),
});
const listed = (one: fc.Arbitrary<unknown>) => {
  const list = fc.array(one, { maxLength: 3 });
  const total = orElse(fc.constantFrom(0, 1, 2, 3, 1_000_000_000));
  return answerLike(
    [200, 200, 200, 400, 404, 500],
    fc.oneof(list, fc.record({ data: orElse(list), total }), refusal),
  );
};

test('any answers about a balance are exact amounts of what was asked for, or an error of ours', async () => {
  const answers = fc.array(listed(balance), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(form, answers, async (which, given) => {
      const found = await outcomeOf(given, () => ledgers[which].turnoversOf(['@stripe'], never));
      for (const { name, debits, credits } of found ?? []) {
        expect(name).toBe('@stripe');
        const told = given.map(({ body }) => body).join();
        for (const exact of [debits, credits]) expect(told).toContain(String(exact));
      }
    }),
    runs(700),
  );
}, 600_000);

test('any answers about what stands on a balance are lines of it, or an error of ours, and they end', async () => {
  const line = fc.record({
    transaction_id: orElse(fc.constantFrom('txn_1', 'txn_2', '')),
    reference: orElse(fc.constantFrom('pi_1', 'pi_2')),
    status: orElse(fc.constantFrom('APPLIED')),
    precise_amount: orElse(amount),
    source: orElse(fc.constantFrom('bln_1', 'bln_1', 'bln_2')),
    destination: orElse(fc.constantFrom('bln_1', 'bln_2')),
    created_at: orElse(fc.constantFrom('2026-03-01T12:00:00.000001Z', 'yesterday')),
    meta_data: orElse(fc.constantFrom({ note: 'x' }, null)),
  });
  const answers = fc.array(listed(line), { minLength: 1, maxLength: 3 });
  const from = new Date('2026-03-01T12:00:00Z');
  await fc.assert(
    fc.asyncProperty(form, answers, async (which, given) => {
      const page = await outcomeOf(given, () => ledgers[which].linesOn('bln_1', from, never));
      for (const { direction, source, destination } of page?.lines ?? []) {
        expect(direction === 'debit' ? source : destination).toBe('bln_1');
      }
      await outcomeOf(given, () => ledgers[which].rowsWith('key', 'value', never));
      await outcomeOf(given, () => ledgers[which].rowsUnder(['reference'], never));
    }),
    runs(700),
  );
}, 600_000);

function isOurs(entry: LedgerEntry): boolean {
  return entry.status === 'APPLIED' && entry.amount === 2000n && entry.currency === 'USD';
}
