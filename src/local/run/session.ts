/** One run of `npm start`: the parts, the first sync, and then the schedule until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { instanceSettings } from '../../engine/instance-settings';
import { environmentOfProcess, loadConfig, type Config, type InstanceConfig } from '../../config';
import { reportAsText, type Report } from '../../domain/report';
import { exitCodeOfStatus } from '../../exit';
import { connectDb, type Db } from '../../store/db';
import { ensureInstance } from '../../store/instances';
import { proofOfSync } from '../../store/proofs';
import { followLedger } from '../../store/sources';
import { connectTemporal } from '../../temporal/connection';
import {
  applySchedule,
  DEFAULT_CRON,
  describeSchedule,
  endOfOurPause,
} from '../../temporal/schedules';
import { installSandboxApp, sandboxSecrets, showPortal, startApp } from './app';
import { showPlan } from './plan';
import { compareTotals, lastLines, runFirstSync } from './first-sync';
import { startBlnkStandIn, startInfrastructure, startStripeStandIn, startWorker } from './parts';
import type { Infrastructure, PartReporter } from './parts';
import {
  SANDBOX_APP_INSTANCE,
  sandboxSettings,
  type SandboxAddresses,
} from '../state/sandbox-instance';
import type { Session } from './session-input';
import { scenarioOf } from './kept';
import { createPublisher } from './publisher';
import { troubleProbes, watchTrouble, whyGivenUp } from './trouble';
import { watchSyncs } from './watch';

/** In the sandbox something is to be seen happening. */
const SANDBOX_CRON = '* * * * *';

/** @returns the exit code */
export async function runSession(session: Session): Promise<number> {
  const { args, config, screen, state, started, stop } = session;
  const report: PartReporter = {
    stop,
    up: (name, where) => screen.ready(name, where),
    say: (line) => screen.line(`  ${line}`),
    event: (name, event) => {
      if (event.type === 'down') screen.trouble(`${name} stopped; starting it again`);
      if (event.type === 'up') screen.line(`  ${name} runs again`);
      if (event.type === 'given-up') session.fail(whyGivenUp(event.error, state.path));
      else parts.note(name, event.type === 'down');
    },
  };
  const parts = createPublisher(session);
  const [infrastructure, addresses] = await settleBoth(
    external(config) ?? startInfrastructure(config, state, report, started),
    startStandIns(session, report),
  );
  const instance = instanceOf(session, addresses);
  const cron = config.cron ?? (session.mode === 'main' ? DEFAULT_CRON : SANDBOX_CRON);
  const db = connectDb(infrastructure.databaseUrl);
  if (instance) await ensureInstance(db, instanceSettings(instance));
  if (instance && addresses.blnkUrl !== undefined) {
    await followLedger(db, [instance.id, SANDBOX_APP_INSTANCE], addresses.blnkUrl);
  }
  // Before there is a worker: a schedule of before would begin a sync with it.
  if (args.plan && instance) {
    try {
      return await showPlan(db, instance, screen, args.json);
    } finally {
      await db.close();
    }
  }
  const settings = sandboxSettings(addresses);
  const [, app] = await settleBoth(
    startWorker(state, infrastructure, settings, report, started),
    startApp(session, infrastructure, { ...settings, SYNC_CRON: cron }, report),
  );
  parts.publish({
    mode: session.mode,
    temporalAddress: infrastructure.temporalAddress,
    temporalNamespace: infrastructure.temporalNamespace,
    webUiUrl: infrastructure.webUiUrl ?? '',
    databaseUrl: infrastructure.databaseUrl,
    sandbox: addresses,
  });
  const target = {
    address: infrastructure.temporalAddress,
    namespace: infrastructure.temporalNamespace,
    local: infrastructure.local,
  };
  const { client, close } = await connectTemporal(target);
  const ended = new AbortController();
  const watching = watchTrouble(
    troubleProbes(infrastructure, state.path, client, db, instance?.id),
    screen,
    AbortSignal.any([stop, ended.signal]),
  );
  try {
    if (!instance) return await serveConnected(session, infrastructure);
    if (!args.once) await applySchedule(client, instance.id, cron);
    const before = await describeSchedule(client, instance.id);
    const first = await runFirstSync({
      client,
      db,
      instanceId: instance.id,
      infrastructure,
      show: (progress) => screen.progress(progress),
      onStarted: (link) => screen.line(`  sync started${link === null ? '' : `: ${link}`}`),
      signal: stop,
    });
    await showResult(session, db, first, addresses);
    const lifted = await endOfOurPause(client, instance.id, before);
    if (lifted) screen.line(`  The schedule goes on; it was paused for ${lifted}.`);
    if (args.once) return exitCodeOfStatus(first.status);
    showNext(session, cron, infrastructure, first.proof !== undefined);
    if (app) showPortal(screen, await installSandboxApp(app, addresses.blnkUrl ?? '', stop));
    const watched = app ? [instance.id, SANDBOX_APP_INSTANCE] : [instance.id];
    return await watchSyncs(db, watched, first, screen, stop);
  } finally {
    ended.abort();
    await watching;
    await close();
    await db.close();
  }
}

/** Both to their ends: what starts after the other has failed must be known, to be stopped. */
async function settleBoth<A, B>(a: Promise<A> | A, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** Temporal and Postgres that run elsewhere; the database is migrated by `migrate` there. */
function external(config: Config): Infrastructure | undefined {
  if (!config.external) return undefined;
  return {
    databaseUrl: config.external.databaseUrl.reveal(),
    temporalAddress: config.external.temporalAddress,
    temporalNamespace: config.temporalNamespace,
    webUiUrl: config.webUiUrl,
    local: false,
  };
}

async function startStandIns(
  { args, mode, state, started }: Session,
  report: PartReporter,
): Promise<SandboxAddresses> {
  if (mode === 'main') return {};
  if (mode === 'sandbox-ledger') return { blnkUrl: await startBlnkStandIn(state, report, started) };
  const scenario = scenarioOf(state, args.scenario);
  const trickle = !args.once && !args.plan;
  const stripeBase = await startStripeStandIn(state, { scenario, trickle }, report, started);
  const blnkUrl = await startBlnkStandIn(state, report, started);
  return { stripeBase, blnkUrl, encryptionKeys: sandboxSecrets(state).encryptionKeys };
}

/** undefined: the settings describe none, and all that is served was connected. */
function instanceOf({ config }: Session, addresses: SandboxAddresses): InstanceConfig | undefined {
  if (addresses.blnkUrl === undefined) return config.instance;
  return loadConfig('start', environmentOfProcess(), sandboxSettings(addresses)).instance;
}

/** Instances that were connected have schedules of their own: there is nothing to begin with. */
async function serveConnected(
  { screen, stop }: Session,
  infrastructure: Infrastructure,
): Promise<never> {
  screen.line('  No instance in the settings: the connected ones sync by their schedules.');
  if (infrastructure.webUiUrl !== undefined) {
    screen.line(`  Temporal Web UI: ${infrastructure.webUiUrl}`);
  }
  screen.line('  npm run cli -- instances list  what is connected, in another terminal');
  screen.line('Ctrl-C stops; nothing is lost.');
  // Rejects when it is time to stop.
  for (;;) await sleep(60_000, undefined, { signal: stop });
}

async function showResult(
  { args, screen }: Session,
  db: Db,
  report: Report,
  { stripeBase, blnkUrl }: SandboxAddresses,
): Promise<void> {
  if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  // The sentences below say of the proof what there is to say.
  for (const line of reportAsText({ ...report, proof: {} }).split('\n')) screen.line(`  ${line}`);
  const made = await proofOfSync(db, report.instanceId, report.syncId);
  const last = await lastLines(made?.proof, async () =>
    blnkUrl === undefined ? [] : [await compareTotals(stripeBase, blnkUrl)],
  );
  for (const line of last) screen.line(`  ${line}`);
}

function showNext(
  { screen, state }: Session,
  cron: string,
  { webUiUrl }: Infrastructure,
  isProven: boolean,
): void {
  if (webUiUrl !== undefined) screen.line(`  Temporal Web UI: ${webUiUrl}`);
  screen.line('Try in another terminal:');
  screen.line('  npm run cli -- status          where things stand');
  screen.line('  npm run cli -- sync --plan     which pay-ins a sync would post, without posting');
  screen.line('  npm run cli -- syncs show      the last report');
  if (isProven) {
    screen.line('  npm run cli -- proofs show     the last proof, as a bank reconciliation');
  }
  screen.line(`Each part logs to ${state.path}/. Syncs by the schedule ${cron} (UTC).`);
  screen.line('Ctrl-C stops; nothing is lost.');
}
