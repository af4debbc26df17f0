/**
 * A driven instance between two stand-ins that share a virtual clock. The clock moves only when it is
 * told to, and has nothing to do with the clock of this machine.
 */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { Connection } from '../../../src/engine/deps';
import { instanceSettings } from '../../../src/engine/instance-settings';
import type { ErrorCode } from '../../../src/domain/errors';
import { createLedger } from '../../../src/blnk/ledger';
import { NO_BUDGET } from '../../../src/domain/read-budget';
import { startBlnkStandIn, type BlnkStandIn } from '../../../sandbox/blnk/start';
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import { createClock, type Clock } from '../../../sandbox/clock';
import { startStripeStandIn, type StripeStandIn } from '../../../sandbox/stripe/start';
import type { Db } from '../../../src/store/db';
import { ensureInstance } from '../../../src/store/instances';
import { createStripeReader } from '../../../src/stripe/client';
import { createDriver, type Driver, type DriverDeps } from './driver';
import { configureInstance } from './instance-config';

export interface DrivenWorld {
  readonly instanceId: string;
  readonly db: Db;
  readonly clock: Clock;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  /** What the driver's activities work with. */
  readonly deps: DriverDeps;
  readonly driver: Driver;
  /** What the driver's activities are connected to. */
  readonly connection: Connection;
  /** Codes for which the schedule would have been paused. */
  readonly paused: ErrorCode[];
  /** Goes on with other settings, as a worker that was restarted does. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Virtual time at which it begins, Unix seconds. */
  readonly startAt: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Another deployment, with a database of its own as it were, of the same account and ledger. */
  readonly beside?: Pick<DrivenWorld, 'clock' | 'stripe' | 'blnk'>;
  /** What the ids at Stripe are made from. Default: others each time. */
  readonly seed?: string;
  /** Stands between the activities and both sides. */
  readonly through?: (connection: Connection) => Connection;
}

export async function startWorld(db: Db, options: WorldOptions): Promise<DrivenWorld> {
  const instanceId = `d_${randomUUID().slice(0, 8)}`;
  const { clock, stripe, blnk } = options.beside ?? (await startSides(instanceId, options));
  const apiKey = options.beside ? `${SANDBOX_BLNK_KEY}_${instanceId}` : SANDBOX_BLNK_KEY;
  blnk.keys.core.set(apiKey, 'master');
  blnk.keys.cloud.set(apiKey, { instanceId, permissions: ['data:read', 'data:write'] });
  const parts = { instanceId, stripeUrl: stripe.url, blnkUrl: blnk.url };
  const limits = { timeoutMs: 10_000, confirmAfterMs: 0 };
  // A 429 costs a request, and no time of the story.
  const pace = { firstPauseMs: 1, slowest: 1_000 };
  const { through = (connection: Connection) => connection } = options;
  const connect = async (settings: Readonly<Record<string, string>>): Promise<Connection> => {
    const config = configureInstance(parts, { BLNK_API_KEY: apiKey, ...settings });
    await ensureInstance(db, instanceSettings(config));
    // Reads without the account's budget, which only makes them wait.
    const stripeReader = createStripeReader(config.stripe, NO_BUDGET, limits);
    const ledger = createLedger(config, { ...limits, pace });
    const stripe = {
      ...stripeReader,
      readBalance: inOtherSeconds(stripeReader, clock),
    };
    return through({ config, stripe, ledger, installId: null, grants: null });
  };
  let connection = await connect(options.settings ?? {});
  const paused: ErrorCode[] = [];
  const deps: DriverDeps = {
    db,
    log: pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' }, pino.destination(2)),
    connect: () => Promise.resolve(connection),
    pauseSchedule: (_instanceId, code) => Promise.resolve(void paused.push(code)),
    patience: {
      silenceMs: 600_000,
      neverAnsweredMs: 600_000,
      refusedMs: 600_000,
      roundWaitsMs: [0, 0],
      searchMs: 600_000,
    },
  };
  const driver = createDriver(deps, instanceId);
  return {
    ...{ instanceId, db, clock, stripe, blnk, deps, driver, paused },
    get connection() {
      return connection;
    },
    async configure(settings) {
      connection = await connect(settings);
    },
    async close() {
      if (!options.beside) await Promise.all([stripe.close(), blnk.close()]);
    },
  };
}

async function startSides(
  instanceId: string,
  { startAt, seed = instanceId }: Pick<WorldOptions, 'startAt' | 'seed'>,
) {
  const clock = createClock({ startAt, wallMs: () => 0 });
  // An account of its own, whose name is part of what its opening balances are booked under.
  const account = `acct_${instanceId.slice(2)}`;
  const stripe = await startStripeStandIn({ scenario: 'empty', seed, account, clock });
  const blnk = await startBlnkStandIn({ clock });
  return { clock, stripe, blnk };
}

/** Between two readings of a balance time passes. */
function inOtherSeconds(
  stripe: Connection['stripe'],
  clock: Clock,
): Connection['stripe']['readBalance'] {
  let last = 0;
  return async (signal) => {
    if (clock.nowSeconds() === last) clock.advance(1);
    const reading = await stripe.readBalance(signal);
    last = clock.nowSeconds();
    return reading;
  };
}
