/** Alerts of one instance between two stand-ins, in the form of Blnk Cloud; rounds are run by the test. */
import { pino } from 'pino';
import { alertOnce } from '../../../src/alerts/loop';
import type { AlertDeps } from '../../../src/alerts/deps';
import { listProblems, type ProblemView } from '../../../src/alerts/list';
import { SANDBOX_BLNK_KEY, type CloudKey } from '../../../sandbox/blnk/keys';
import type { Alert } from '../../../sandbox/blnk/alerts';
import { Secret } from '../../../src/secret';
import type { Db } from '../../../src/store/db';
import { startHarness, type Harness } from './harness';

export interface AlertWorld {
  readonly harness: Harness;
  readonly deps: AlertDeps;
  /** What the alerts have logged. */
  readonly log: readonly string[];
  /** Everything that is due, with time gone by: looks and messages wait for nothing. */
  round(deps?: AlertDeps): Promise<void>;
  /** What is due by itself. */
  settle(deps?: AlertDeps): Promise<void>;
  /** A person's posting on the balance of pay-ins. */
  byHand(reference: string): Promise<void>;
  /** A payment that the ledger holds already, with another amount. */
  conflict(): Promise<string>;
  /** As if a person had settled what is set aside, and syncs had found it so. */
  mend(): Promise<void>;
  grant(...permissions: CloudKey['permissions']): void;
  raised(): Alert[];
  problems(): Promise<ProblemView[]>;
  close(): Promise<void>;
}

/** @param webhook address that problems are sent to */
export async function startAlertWorld(webhook?: string): Promise<AlertWorld> {
  const harness = await startHarness({ settings: { BLNK_KIND: 'cloud' } });
  const { instanceId, db, client, blnk, stripe } = harness;
  const lines: string[] = [];
  const { config } = await harness.deps.connect(instanceId);
  const deps: AlertDeps = {
    db,
    served: { instance: config, connected: undefined },
    keyring: undefined,
    temporal: () => Promise.resolve(client),
    webhook: webhook === undefined ? undefined : new Secret(webhook),
    log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }),
    limits: { confirmAfterMs: 10, timeoutMs: 30_000 },
  };
  const own = [instanceId];
  const settle: AlertWorld['settle'] = async (using = deps) => {
    while ((await alertOnce(using, instanceId)) > 0);
  };
  const grant: AlertWorld['grant'] = (...permissions) =>
    void blnk.keys.cloud.set(SANDBOX_BLNK_KEY, { instanceId, permissions });
  grant('data:read', 'data:write', 'alerts:write');
  const byHand: AlertWorld['byHand'] = async (reference) => {
    const posting = {
      ...{ precise_amount: 1_234, precision: 100, currency: 'USD', reference },
      ...{ source: '@stripe', destination: '@elsewhere', description: 'By hand' },
      ...{ allow_overdraft: true, skip_queue: true },
    };
    const response = await fetch(`${blnk.url}/transactions`, {
      method: 'POST',
      headers: { 'X-Blnk-Key': SANDBOX_BLNK_KEY },
      body: JSON.stringify(posting),
    });
    expect(response.status).toBe(201);
  };

  return {
    harness,
    deps,
    log: lines,
    settle,
    async round(using) {
      await db.query('update instances set look_at = now() where instance_id = $1', own);
      await db.query('update alert_channels set next_at = now() where instance_id = $1', own);
      await settle(using);
    },
    byHand,
    async conflict() {
      const { id } = await stripe.world.pay({ amount: 4_321 });
      await byHand(id);
      return id;
    },
    async mend() {
      await db.query(
        `update movements set state = 'already_posted', quarantined_by = null, retry_at = null
         where instance_id = $1 and state = 'quarantined'`,
        own,
      );
    },
    grant,
    raised: () => blnk.alerts.list(instanceId),
    problems: () => listProblems(db, instanceId),
    close: () => harness.close(),
  };
}

/** A database that fails, as if the process had died, at the first statement that writes down a result. */
export function dyingDb(db: Db): Db {
  return {
    ...db,
    query: <Row>(sql: string, parameters?: readonly unknown[]) =>
      /set (told|trouble) =/.test(sql)
        ? Promise.reject(new Error('killed'))
        : db.query<Row>(sql, parameters),
  };
}
