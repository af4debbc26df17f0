import type { Client } from '@temporalio/client';
import { databaseProbe } from '../../src/checks/database';
import { runProbes, type Probe } from '../../src/checks/probe';
import { stripeKeyProbe } from '../../src/checks/stripe-key';
import { countWorkers } from '../../src/checks/temporal-worker';
import { SyncError } from '../../src/domain/errors';
import { toSyncError } from '../../src/commands/fault';
import { grpcStatusOf } from '../../src/temporal/faults';
import { sandboxSettings } from '../../src/local/state/sandbox-instance';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import type { StripeReader } from '../../src/stripe/client';

describe('probes', () => {
  test('run side by side and answer in their order, each within the limit', async () => {
    let ended = false;
    const probes: Probe[] = [
      {
        name: 'silent',
        run: (signal) => {
          signal.addEventListener('abort', () => (ended = true));
          return new Promise(() => undefined);
        },
      },
      { name: 'fine', run: () => Promise.resolve({ ok: true, detail: 'here' }) },
    ];
    expect(await runProbes(probes, 20)).toEqual([
      expect.objectContaining({ name: 'silent', ok: false, detail: 'no answer within 0.02 s' }),
      { name: 'fine', ok: true, detail: 'here' },
    ]);
    expect(ended).toBe(true);
  });

  test('what cannot pass without another one is not asked when that fails, and names the first cause', async () => {
    const asked: string[] = [];
    const probe = (name: string, after: string[], error?: SyncError): Probe => ({
      ...{ name, after },
      run: () => {
        asked.push(name);
        return error ? Promise.reject(error) : Promise.resolve({ ok: true, detail: 'here' });
      },
    });
    const results = await runProbes([
      probe('key', [], new SyncError('STRIPE_UNAVAILABLE')),
      probe('events', ['key']),
      probe('source', ['events']),
      probe('read', [], new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:read' })),
      probe('write', ['read']),
      probe('alone', ['not among them']),
    ]);
    expect(asked.sort()).toEqual(['alone', 'key', 'read', 'write']);
    expect(results).toMatchObject([
      { name: 'key', ok: false, code: 'STRIPE_UNAVAILABLE' },
      { name: 'events', ok: false, notAskedFor: 'key' },
      { name: 'source', ok: false, notAskedFor: 'key' },
      { name: 'read', ok: false },
      { name: 'write', ok: true },
      { name: 'alone', ok: true },
    ]);
  });

  test('Stripe, which is read by places that the database gives, is not asked when that fails', async () => {
    const behind = () => Promise.reject(new SyncError('SCHEMA_BEHIND'));
    const readAccount = jest.fn();
    const stripe = { livemode: false, readAccount } as unknown as StripeReader;
    const results = await runProbes([databaseProbe(behind, 'Postgres'), stripeKeyProbe(stripe)]);
    expect(results).toMatchObject([
      { name: 'database', code: 'SCHEMA_BEHIND' },
      { name: 'Stripe key', notAskedFor: 'database' },
    ]);
    expect(readAccount).not.toHaveBeenCalled();
  });

  test('an error of ours becomes its words, any other one keeps its text to itself', async () => {
    const failing = (error: Error): Probe => ({ name: 'x', run: () => Promise.reject(error) });
    const [ours, foreign] = await runProbes([
      failing(new SyncError('STRIPE_PERMISSION_MISSING', { permission: 'rak_event_read' })),
      failing(new Error('secret sk_live_1')),
    ]);
    expect(ours).toMatchObject({
      code: 'STRIPE_PERMISSION_MISSING',
      detail: 'The Stripe key lacks a permission (permission rak_event_read)',
    });
    expect(ours?.next).toContain('Stripe Dashboard');
    expect(JSON.stringify(foreign)).not.toContain('sk_live_1');
    expect(foreign).toMatchObject({ ok: false, code: 'INTERNAL' });
  });
});

test('a worker counts while it polls; the server lists one that has gone for minutes', async () => {
  const poller = (secondsAgo: number) => {
    const seconds = Math.floor(Date.now() / 1000) - secondsAgo;
    return { lastAccessTime: { seconds: { toNumber: () => seconds } } };
  };
  const clientThatLists = (pollers: unknown[]) =>
    ({
      options: { namespace: 'default' },
      connection: { workflowService: { describeTaskQueue: () => Promise.resolve({ pollers }) } },
    }) as unknown as Client;
  expect(await countWorkers(clientThatLists([poller(2), poller(60), poller(120), {}]))).toBe(2);
  expect(await countWorkers(clientThatLists([]))).toBe(0);
});

test('a call that Temporal could not be asked is told from a fault of our own', () => {
  const grpc = (code: number) =>
    new Error('wrapped', { cause: Object.assign(new Error('14 UNAVAILABLE'), { code }) });
  expect(grpcStatusOf(grpc(14))).toBe(14);
  expect(toSyncError(grpc(14), 'temporal:7233')).toMatchObject({
    code: 'TEMPORAL_UNAVAILABLE',
    details: { address: 'temporal:7233' },
  });
  expect(toSyncError(grpc(3)).code).toBe('INTERNAL');
  expect(toSyncError(new Error('no')).code).toBe('INTERNAL');
});

test('the sandbox is the instance of the stand-ins, whose keys are constants of their own', () => {
  const addresses = { stripeBase: 'http://127.0.0.1:1', blnkUrl: 'http://127.0.0.1:2' };
  expect(sandboxSettings(addresses)).toEqual({
    ALERT_WEBHOOK_URL: '',
    STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
    STRIPE_API_BASE: addresses.stripeBase,
    STRIPE_READS_PER_SECOND: '25',
    BLNK_KIND: 'core',
    BLNK_URL: addresses.blnkUrl,
    BLNK_API_KEY: SANDBOX_BLNK_KEY,
    BLNK_INSTANCE_ID: 'sandbox',
  });
  const { blnkUrl } = addresses;
  const ledgerOnly = sandboxSettings({ blnkUrl });
  expect(ledgerOnly).toMatchObject({ BLNK_INSTANCE_ID: 'sandbox-ledger', BLNK_URL: blnkUrl });
  expect(ledgerOnly).not.toHaveProperty('STRIPE_SECRET_KEY');
});
