/**
 * Starts the stand-in of Blnk: Core at "/", Blnk Cloud at "/proxy", "/data" and "/alerts" of the same
 * server, one ledger behind both, and Cloud's dashboard at "/sandbox".
 */
import { clockControl, createClock, type Clock } from '../clock';
import { openJournal } from '../journal';
import { startStandIn, type StandIn } from '../stand-in';
import { createAlerts, type Alerts } from './alerts';
import { CALL_LIMIT_MS } from './app-calls';
import { openApps, type Apps } from './apps';
import { cloudHandler, isCloudPath } from './cloud';
import { blnkControl } from './control';
import { coreHandler } from './core';
import { dashboardControl } from './dashboard';
import { sandboxKeys, type BlnkKeys } from './keys';
import type { Ledger } from './ledger';
import { openLedgers } from './ledgers';
import { createOutage, outageControl, type Outage } from './outage';
import { createBlnkRateLimit, type BlnkRateLimit } from './rate-limit';

export interface BlnkStandInOptions {
  /** The file that keeps the ledger; without it, the ledger dies with the process. */
  readonly journal?: string;
  /** Default: the sandbox key, which may do everything in both forms. */
  readonly keys?: BlnkKeys;
  readonly latencyMs?: number;
  /** Milliseconds for an answer of an app. Default 10 seconds, as in Cloud. */
  readonly callLimitMs?: number;
  /** Default: no limit. */
  readonly rateLimit?: BlnkRateLimit;
  /** Default: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
}

export interface BlnkStandIn extends StandIn {
  /** Core's ledger, and that of every instance in which no app was installed. */
  readonly ledger: Ledger;
  /** The one of an instance. */
  ledgerOf(instanceId: string): Ledger;
  /** Gives the instance a ledger of its own, as an install at the dashboard does. */
  openLedgerOf(instanceId: string): Promise<Ledger>;
  /** What is done in Cloud's dashboard. */
  readonly apps: Apps;
  readonly keys: BlnkKeys;
  readonly alerts: Alerts;
  /** Whether Core's own database is there. */
  readonly outage: Outage;
  readonly clock: Clock;
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
