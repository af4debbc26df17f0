// Starts the stand-in of Blnk: Core at "/", Blnk Cloud at "/proxy", "/data" and "/alerts" of the same
// server, one ledger behind both, and Cloud's dashboard at "/sandbox".
import { clockControl, createClock } from '../clock';
import type { Clock } from '../clock';
import { openJournal } from '../journal';
import { startStandIn } from '../stand-in';
import type { StandIn } from '../stand-in';
import { createAlerts } from './alerts';
import type { Alerts } from './alerts';
import { CALL_LIMIT_MS } from './app-calls';
import { openApps } from './apps';
import type { Apps } from './apps';
import { cloudHandler, isCloudPath } from './cloud';
import { blnkControl } from './control';
import { coreHandler } from './core';
import { dashboardControl } from './dashboard';
import { sandboxKeys } from './keys';
import type { BlnkKeys } from './keys';
import type { Ledger } from './ledger';
import { openLedgers } from './ledgers';
import { createOutage, outageControl } from './outage';
import type { Outage } from './outage';
import { createBlnkRateLimit } from './rate-limit';
import type { BlnkRateLimit } from './rate-limit';

export interface BlnkStandInOptions {
  /** The file that keeps the ledger; without it, the ledger dies with the process. */
  journal?: string;
  /** Default: the sandbox key, which may do everything in both forms. */
  keys?: BlnkKeys;
  latencyMs?: number;
  /** Milliseconds for an answer of an app. Default 10 seconds, as in Cloud. */
  callLimitMs?: number;
  /** Default: no limit. */
  rateLimit?: BlnkRateLimit;
  /** Default: a free one. */
  port?: number;
  clock?: Clock;
}

export interface BlnkStandIn extends StandIn {
  /** Core's ledger, and that of every instance in which no app was installed. */
  ledger: Ledger;
  /** The one of an instance. */
  ledgerOf(instanceId: string): Ledger;
  /** Gives the instance a ledger of its own, as an install at the dashboard does. */
  openLedgerOf(instanceId: string): Promise<Ledger>;
  /** What is done in Cloud's dashboard. */
  apps: Apps;
  keys: BlnkKeys;
  alerts: Alerts;
  /** Whether Core's own database is there. */
  outage: Outage;
  clock: Clock;
}

export async function startBlnkStandIn(options: BlnkStandInOptions = {}): Promise<BlnkStandIn> {
  const { keys = sandboxKeys(), clock = createClock(), callLimitMs = CALL_LIMIT_MS } = options;
  const ledgers = await openLedgers(options.journal, clock);
  const ledger = ledgers.main;
  const journal = await openJournal(options.journal && `${options.journal}.apps`);
  const apps = await openApps({ journal, keys, ledgers, callLimitMs });
  const outage = createOutage();
  const core = coreHandler(ledger, keys, outage);
  const alerts = createAlerts(ledgers, clock);
  const cloud = cloudHandler(ledgers, keys, alerts);

  const standIn = await startStandIn({
    name: 'Blnk',
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    ...(options.rateLimit === undefined ? {} : { refuse: createBlnkRateLimit(options.rateLimit) }),
    handler: async (request) => {
      const reply = await (isCloudPath(request.path) ? cloud(request) : core(request));
      // Nothing is told before it is in the journal: neither a 201, nor a row that another request
      // has just stored, nor the 409 that follows from it.
      await ledgers.settled();
      return reply;
    },
    control: {
      ...blnkControl(ledgers, alerts),
      ...outageControl(outage),
      ...dashboardControl(apps),
      ...clockControl(clock, (offsetSeconds) => {
        ledger.saveClock(offsetSeconds);
        return ledger.settled();
      }),
    },
  });

  return {
    ...standIn,
    ledger,
    ledgerOf: (instanceId) => ledgers.of(instanceId),
    openLedgerOf: (instanceId) => ledgers.open(instanceId),
    apps,
    keys,
    alerts,
    outage,
    clock,
    close: async () => {
      await standIn.close();
      await apps.close();
      await ledgers.close();
    },
  };
}
