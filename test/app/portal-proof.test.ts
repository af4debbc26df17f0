/** The pages of the proof in the portal, over HTTP. */
import { startAdhocSync } from '../../src/temporal/syncs';
import { startWorker } from '../support/worlds/cli-worker';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { nextSync } from '../support/worlds/next-sync';
import { openPortal } from '../support/worlds/portal-visitor';
import { keepProofs, keepSuspense, PROOFS } from '../support/worlds/proven-instance';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker, scenario: 'empty' });
});
afterAll(() => world.close());

async function synced() {
  const installed = world.install(newInstanceId());
  const id = installed.instance_id;
  await world.post(installed);
  await world.reconcile(id);
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  await startAdhocSync(world.client, { instanceId: id, trigger: 'cli' });
  await nextSync(world, id);
  return { id, ...(await openPortal(world, installed)) };
}

const NOW = Math.floor(Date.now() / 1000);

test('an instance of which only pay-ins are booked looks as before, but for one line', async () => {
  const { get } = await synced();
  const overview = (await get('')).text;
  expect(overview).toContain('Only pay-ins are booked');
  expect(overview.match(/class="card proof/g)).toBeNull();
  expect(overview.match(/\/proof"/g)).toHaveLength(1);
  const { text, status } = await get('/proof');
  expect(status).toBe(200);
  expect(text).toContain('permissions%5B%5D=rak_balance_read');
  expect(text).toContain('movements enable');
});

test('the newest proof is shown line by line, with what others wrote as text', async () => {
  const { id, get } = await synced();
  await keepProofs(world.db, id, [PROOFS.proven(NOW - 900), PROOFS.broken(NOW)]);
  await keepSuspense(world.db, id, [['usd', 7n]]);
  const { text } = await get('/proof');
  for (const shown of ['12,345.67', '12,381.87', '63.80', 'Posted by others', 'In the ledger']) {
    expect(text).toContain(shown);
  }
  expect(text).toContain('Correction &#60;b&#62;Q3&#60;/b&#62;');
  expect(text).toContain('<code class="muted">txn_5c1e2f0a-7d4b-4c55-9a31-2f6e8b7d9c10</code>');
  expect(text).toContain(`<code>@stripe-suspense</code>`);
  expect(text).toContain(`href="/portal/${id}/payments/pi_3Q8sTh2eZvKYlo2C1pQv0mXk"`);
  expect((await get('')).text).toContain('Synced, but not proven');
});

test('those before are found page by page, and only those of the instance', async () => {
  const [one, other] = [await synced(), await synced()];
  const proofs = Array.from({ length: 31 }, (_, n) => PROOFS.proven(NOW - 900 * (31 - n)));
  await keepProofs(world.db, one.id, proofs);
  const numbersOf = (text: string) =>
    [...text.matchAll(/\/proof\/(\d+)"/g)].map(([, number]) => Number(number));
  const first = await one.get('/proof');
  const newest = numbersOf(first.text);
  expect(newest).toHaveLength(30);
  expect([...newest].sort((a, b) => b - a)).toEqual(newest);
  const [, next = ''] = /href="[^"]*\/proof(\?after=[^"]*)"/.exec(first.text) ?? [];
  const second = await one.get(`/proof${next.replaceAll('&#38;', '&')}`);
  const [oldest] = numbersOf(second.text);
  expect(oldest).toBeLessThan(newest.at(-1)!);
  const page = await one.get(`/proof/${oldest}`);
  expect(page.text).toContain(`Proof ${oldest}`);
  expect((await other.get(`/proof/${oldest}`)).status).toBe(404);
  expect((await one.get('/proof/x')).status).toBe(404);
});
