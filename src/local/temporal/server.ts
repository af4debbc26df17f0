/** A Temporal server on this machine, as a supervised process: the development server of its CLI. */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_PROXY } from '../../temporal/connection';
import { startChild, type Child, type ChildOptions } from '../process/child';
import { entryPath } from '../process/entry';
import { endOrphan } from '../process/orphan';

export interface LocalTemporalOptions extends Pick<
  ChildOptions,
  'logFile' | 'onEvent' | 'restarts' | 'startStop'
> {
  /** See resolveTemporalCli. */
  readonly executable: string;
  readonly port: number;
  /** Absent: without the Web UI, which asks nobody who he is, nor which host he meant. */
  readonly uiPort?: number;
  /** Of its HTTP interface, which nobody uses and which cannot be turned off. Absent: a free one. */
  readonly httpPort?: number;
  /** Where it shows its metrics, among them the actions that Temporal Cloud would bill. */
  readonly metricsPort?: number;
  /** Absent: in memory, and empty again after a restart. */
  readonly dbFile?: string;
  /** Keeps the server's process id, so that one that outlived a kill is found and ended. */
  readonly recordFile: string;
}

export interface LocalTemporal extends Child {
  readonly address: string;
  readonly namespace: string;
  readonly webUiUrl: string | undefined;
}

const NAMESPACE = 'default';
/** No name on any network ends like this. */
const NO_HOST = 'nobody.invalid';
/** The development server keeps closed runs for one day, too short to look into last week's sync. */
const RETENTION = '30 days';
/** It is up in 0.6 s, and in many seconds on a busy machine. */
const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

/** @throws SyncError PART_FAILED with the end of its log */
export async function startLocalTemporal(options: LocalTemporalOptions): Promise<LocalTemporal> {
  const { executable, port, uiPort, httpPort, metricsPort, dbFile, recordFile, ...rest } = options;
  const address = `127.0.0.1:${port}`;
  const child = await startChild({
    ...rest,
    name: 'Temporal',
    module: entryPath('local/process/leash'),
    args: [
      ...['--port', String(port), '--record', recordFile, '--', executable],
      ...['server', 'start-dev', '--ip', '127.0.0.1'],
      ...['--port', String(port), '--log-level', 'error'],
      // Its HTTP interface would start workflows for a page of another site that is led to its port.
      ...['--dynamic-config-value', `frontend.httpAllowedHosts=["${NO_HOST}"]`],
      ...(httpPort === undefined ? [] : ['--http-port', String(httpPort)]),
      // The Web UI would ask the internet for news.
      ...(uiPort === undefined
        ? ['--headless']
        : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
      ...(metricsPort === undefined ? [] : ['--metrics-port', String(metricsPort)]),
      ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ],
    // TEMPORAL_* settings of the user are meant for clients and would steer this server as well.
    env: {},
    readyTimeoutMs: READY_TIMEOUT_MS,
    // A killed leash leaves the server behind, with its port and its file.
    afterExit: () => endOrphan(recordFile),
    onReady: (_message, signal) => keepHistories(address, signal),
  });
  return { ...child, address, namespace: NAMESPACE, webUiUrl: webUiOf(uiPort) };
}

function webUiOf(port: number | undefined): string | undefined {
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

/** Waits until the server knows its namespace, and sets how long that keeps closed runs. */
async function keepHistories(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const connection = await Connection.connect({
        address,
        channelArgs: NO_PROXY,
        connectTimeout: CONNECT_TIMEOUT_MS,
      });
      try {
        await connection.workflowService.updateNamespace({
          namespace: NAMESPACE,
          config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
        });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      // The port answers some moments before the namespace is there.
      if (signal.aborted) throw error;
      await sleep(POLL_MS);
    }
  }
}
