/** The separate processes of `npm start`, in the order in which they depend on each other. */
import { existsSync, rmSync } from 'node:fs';
import { childEnvironment, type Config } from '../../config';
import { migrate } from '../../store/migrate';
import { resolveTemporalCli } from '../temporal/cli-resolver';
import { startLocalTemporal } from '../temporal/server';
import { startChild, type Child, type ChildEvent } from '../process/child';
import { setAsideDamaged } from '../postgres/damage';
import { startDatabase } from '../postgres/database-process';
import { entryPath } from '../process/entry';
import type { StateFolder } from '../state/state-folder';
import { onKeptPort } from './kept';

export interface PartReporter {
  /** Ends what is being started. */
  readonly stop: AbortSignal;
  /** A part is ready; `where` is its address or folder. */
  up(name: string, where: string): void;
  /** A part has died and is being started again, or was given up. */
  event(name: string, event: ChildEvent): void;
  /** Something worth a line, such as a download. */
  say(line: string): void;
}

export interface Infrastructure {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly webUiUrl: string | undefined;
  readonly local: boolean;
}

/** Started parts; stopped in reverse order. */
export type Started = Child[];

const READY_MS = 60_000;

/** Database and Temporal of this machine, at the same time: each takes a second or more. */
export async function startInfrastructure(
  config: Config,
  state: StateFolder,
  report: PartReporter,
  started: Started,
): Promise<Infrastructure> {
  const database = async () => {
    const dataDir = state.file('database');
    const isNew = !existsSync(dataDir);
    const logFile = state.file('database.log');
    const open = () =>
      startDatabase({
        ...{ logFile, dataDir, socketDir: state.socketDir, startStop: report.stop },
        onEvent: (event) => report.event('database', event),
      });
    const child = await open().catch(async (error: unknown) => {
      // Ended while it was being made: nothing is in it yet, and half of one cannot be opened.
      if (report.stop.aborted && isNew) rmSync(dataDir, { recursive: true, force: true });
      if (report.stop.aborted) throw error;
      const place = await setAsideDamaged(error, dataDir, logFile);
      report.say(
        `The database in ${dataDir} is damaged. It was set aside as ${place}, and a new one is begun: everything is listed ` +
          'again, and what the ledger holds is not posted twice. Connected instances have to be connected again, and what was ' +
          'closed because it is booked by hand under another reference has to be closed again.',
      );
      return open();
    });
    started.push(child);
    await migrate(child.url);
    report.up('database', 'embedded Postgres');
    return child.url;
  };
  const temporal = async () => {
    const resolving = resolveTemporalCli({
      cliPath: config.temporalCliPath,
      cacheDir: config.cacheDir,
      pathVariable: config.pathVariable,
      say: (line) => report.say(line),
    });
    // It may be a download, which ends with this process.
    const executable = await Promise.race([resolving, whenStopped(report.stop)]);
    const start = (port: number, uiPort?: number) =>
      startLocalTemporal({
        ...{ executable, port, ...(uiPort !== undefined && { uiPort }) },
        dbFile: state.file('temporal.db'),
        recordFile: state.file('temporal.json'),
        logFile: state.file('temporal.log'),
        startStop: report.stop,
        onEvent: (event) => report.event('Temporal', event),
      });
    const child = await onKeptPort(state, 'temporal', 7233, (port) =>
      // A page of another site that is led to this port could drive real syncs through the Web UI.
      isSandbox(config)
        ? onKeptPort(state, 'temporal-ui', 8233, (uiPort) => start(port, uiPort), [port])
        : start(port),
    );
    started.push(child);
    report.up('Temporal', child.address);
    return child;
  };
  // Both are awaited to their end: a part that starts after the other has failed must be stopped too.
  const [url, server] = await Promise.allSettled([database(), temporal()]);
  if (url.status === 'rejected') throw url.reason;
  if (server.status === 'rejected') throw server.reason;
  const { address: temporalAddress, namespace: temporalNamespace, webUiUrl } = server.value;
  return { databaseUrl: url.value, temporalAddress, temporalNamespace, webUiUrl, local: true };
}

function whenStopped(stop: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const refuse = () => reject(stop.reason as Error);
    if (stop.aborted) refuse();
    else stop.addEventListener('abort', refuse, { once: true });
  });
}

function isSandbox({ instance, connected }: Config): boolean {
  return instance === undefined && connected === undefined;
}

export async function startStripeStandIn(
  state: StateFolder,
  options: { readonly scenario: string; readonly trickle: boolean },
  report: PartReporter,
  started: Started,
): Promise<string> {
  const journal = state.file('stripe.jsonl');
  const args = ['--scenario', options.scenario, '--journal', journal];
  if (options.trickle) args.push('--trickle');
  return startStandIn('Stripe stand-in', 'sandbox/stripe/main', 4010, args, state, report, started);
}

export async function startBlnkStandIn(
  state: StateFolder,
  report: PartReporter,
  started: Started,
): Promise<string> {
  const args = ['--journal', state.file('blnk.jsonl')];
  return startStandIn('Blnk stand-in', 'sandbox/blnk/main', 5010, args, state, report, started);
}

async function startStandIn(
  name: string,
  entry: string,
  preferredPort: number,
  args: readonly string[],
  state: StateFolder,
  report: PartReporter,
  started: Started,
): Promise<string> {
  const fileName = name.toLowerCase().replaceAll(' ', '-');
  const url = await onKeptPort(state, fileName, preferredPort, async (port) => {
    const child = await startChild({
      name,
      module: entryPath(entry),
      args: ['--port', String(port), ...args],
      env: {},
      logFile: state.file(`${fileName}.log`),
      readyTimeoutMs: READY_MS,
      startStop: report.stop,
      onEvent: (event) => report.event(name, event),
    });
    started.push(child);
    return `http://127.0.0.1:${port}`;
  });
  report.up(name, url);
  return url;
}

/** @param settings those of the instance, in the form of the environment */
export async function startWorker(
  state: StateFolder,
  infrastructure: Infrastructure,
  settings: Record<string, string>,
  report: PartReporter,
  started: Started,
): Promise<void> {
  const child = await startChild({
    name: 'worker',
    module: entryPath('worker'),
    env: environmentOn(state, infrastructure, settings),
    logFile: state.file('worker.log'),
    readyTimeoutMs: READY_MS,
    startStop: report.stop,
    graceMs: 25_000,
    onEvent: (event) => report.event('worker', event),
  });
  started.push(child);
  report.up('worker', 'task queue stripe-sync');
}

/**
 * The HTTP service of the Blnk Cloud app, and the loop that carries out what it takes.
 * @param settings what is not in the environment, in its form
 * @returns its address on this machine
 */
export async function startServer(
  state: StateFolder,
  infrastructure: Infrastructure,
  settings: Record<string, string> & { readonly PORT: string },
  report: PartReporter,
  started: Started,
): Promise<string> {
  const child = await startChild({
    name: 'server',
    module: entryPath('server'),
    env: environmentOn(state, infrastructure, settings),
    logFile: state.file('server.log'),
    readyTimeoutMs: READY_MS,
    startStop: report.stop,
    onEvent: (event) => report.event('server', event),
  });
  started.push(child);
  const url = `http://127.0.0.1:${settings.PORT}`;
  report.up('server', url);
  return url;
}

/** The environment of a program of ours that works on these parts. */
function environmentOn(
  state: StateFolder,
  infrastructure: Infrastructure,
  settings: Record<string, string>,
): NodeJS.ProcessEnv {
  const { databaseUrl, temporalAddress, temporalNamespace, local } = infrastructure;
  const addresses = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: temporalNamespace,
    // A profile of the user's (TLS, API key) is for another server; this file does not exist.
    ...(local && { TEMPORAL_CONFIG_FILE: state.file('no-profile.toml') }),
  };
  return childEnvironment({ ...addresses, ...settings }, local ? 'local' : 'external');
}
