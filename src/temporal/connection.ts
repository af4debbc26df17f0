/** Connections to Temporal: address and credentials as Temporal's own tools read them. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { SyncError } from '../domain/errors';
import { causeOf } from './faults';
import { refusalOf } from './reach';

export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  /** The embedded server: TEMPORAL_* of another one (TLS, API key, profile) must not apply to it. */
  readonly local?: boolean;
}

/**
 * TEMPORAL_* and profiles apply as in Temporal's own tools.
 * @throws SyncError SETTINGS_INVALID
 */
export function connectionOptions(target: TemporalTarget) {
  if (target.local === true) return { address: target.address };
  return { ...fromEnvironment(), address: target.address };
}

function fromEnvironment() {
  try {
    return loadClientConnectConfig().connectionOptions;
  } catch (error) {
    // A user without a home has no file of profiles; what the environment says still holds.
    if (causeOf(error) === 'ERR_SYSTEM_ERROR') {
      return loadClientConnectConfig({ disableFile: true }).connectionOptions;
    }
    throw new SyncError('SETTINGS_INVALID', problemOf(error), { cause: error });
  }
}

/** Which setting it is about; the words of the reader of profiles may quote what stands in them. */
function problemOf(error: unknown): Record<string, string> {
  const said = error instanceof Error ? error.message : '';
  if (said.startsWith('Profile ')) {
    return { TEMPORAL_PROFILE: 'is not in the file of profiles (TEMPORAL_CONFIG_FILE)' };
  }
  const cause = causeOf(error);
  if (cause !== undefined)
    return { 'TEMPORAL_ settings': `name a file that is not read: ${cause}` };
  if (said.includes('TOML')) return { TEMPORAL_CONFIG_FILE: 'is not valid TOML' };
  return { 'TEMPORAL_ settings': 'contradict each other, or the profile is not of their form' };
}

/** Like the core of a worker, and like Stripe and Blnk: no proxy of the environment, least of all to this machine. */
export const NO_PROXY = { 'grpc.enable_http_proxy': 0 };

/** Milliseconds. With the look for the cause less than a probe waits, which would say only that nobody answers. */
const CONNECT_MS = 7_000;

/** @throws SyncError TEMPORAL_UNAVAILABLE, SETTINGS_INVALID */
export async function connectTemporal(
  target: TemporalTarget,
): Promise<{ client: Client; close: () => Promise<void> }> {
  const options = connectionOptions(target);
  try {
    const connection = await Connection.connect({
      ...options,
      channelArgs: NO_PROXY,
      connectTimeout: CONNECT_MS,
    });
    const client = new Client({ connection, namespace: target.namespace });
    return { client, close: () => connection.close() };
  } catch (error) {
    const cause = await refusalOf(target.address);
    const details = { address: target.address, ...(cause !== undefined && { cause }) };
    throw new SyncError('TEMPORAL_UNAVAILABLE', details, { cause: error });
  }
}

export interface TemporalLink {
  /** @throws SyncError TEMPORAL_UNAVAILABLE */
  readonly client: () => Promise<Client>;
  readonly close: () => Promise<void>;
}

/** Connects when it is first asked for, and again as long as that fails. */
export function createTemporalLink(target: TemporalTarget): TemporalLink {
  let connecting: ReturnType<typeof connectTemporal> | undefined;
  const connect = () => {
    connecting ??= connectTemporal(target).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
  return {
    client: async () => (await connect()).client,
    async close() {
      // One that never came about has nothing to close.
      const opened = await connecting?.catch(() => undefined);
      await opened?.close();
    },
  };
}

/** Link to a run in the Web UI, or null when the UI's address is not known. */
export function webUiLink(
  webUiUrl: string | undefined,
  namespace: string,
  workflowId: string,
  runId: string,
): string | null {
  if (webUiUrl === undefined) return null;
  const path = [namespace, 'workflows', workflowId, runId].map(encodeURIComponent).join('/');
  return `${webUiUrl}/namespaces/${path}`;
}
