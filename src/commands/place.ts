/**
 * Where the parts are that a command works with: those of the settings, or the embedded ones of an
 * `npm start` that runs in this folder.
 */
import { join } from 'node:path';
import { environmentOfProcess, loadConfig, type Config } from '../config';
import { SyncError } from '../domain/errors';
import { sandboxSettings } from '../local/state/sandbox-instance';
import { readRunning, type Running } from '../local/state/state-folder';
import type { TemporalTarget } from '../temporal/connection';

export type Mode = Running['mode'];

/** Of an `npm start` that runs in this folder, with a database and a Temporal of its own. */
export interface Own {
  readonly folder: string;
  /** Parts that are being started again. */
  readonly down: readonly string[];
}

export interface Parts {
  readonly databaseUrl: string;
  readonly temporal: TemporalTarget;
  readonly webUiUrl: string | undefined;
}

export interface Place {
  readonly mode: Mode;
  /** With the stand-ins as its instance when they are what runs. */
  readonly config: Config;
  /** Absent: neither addresses in the settings nor a running `npm start`. */
  readonly parts: Parts | undefined;
  readonly own: Own | undefined;
}

/** @throws SyncError SETTINGS_INVALID */
export async function findPlace(): Promise<Place> {
  const environment = environmentOfProcess();
  const plain = tryConfig(environment);
  // Only half of the settings are there when the other half is the stand-in ledger.
  const real = plain instanceof SyncError || isReal(plain);
  const running = await findRunning(real ? ['main', 'sandbox-ledger'] : ['sandbox']);
  const mode = running?.mode ?? (real ? 'main' : 'sandbox');
  const config = loadConfig(
    'cli',
    environment,
    running?.sandbox && sandboxSettings(running.sandbox),
  );
  const own = config.external || !running ? undefined : ownOf(running);
  return { mode, config, parts: partsOf(config, running), own };
}

function ownOf({ mode, down = [] }: Running): Own {
  return { folder: join('.data', mode), down };
}

function tryConfig(environment: ReturnType<typeof environmentOfProcess>): Config | SyncError {
  try {
    return loadConfig('cli', environment);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
}

/** Some setting speaks of something else than the sandbox. */
function isReal({ instance, connected }: Config): boolean {
  return instance !== undefined || connected !== undefined;
}

async function findRunning(modes: readonly Mode[]): Promise<Running | undefined> {
  for (const mode of modes) {
    const running = await readRunning(join('.data', mode));
    if (running) return running;
  }
  return undefined;
}

function partsOf(config: Config, running: Running | undefined): Parts | undefined {
  if (config.external) {
    const { databaseUrl, temporalAddress: address } = config.external;
    const temporal = { address, namespace: config.temporalNamespace };
    return { databaseUrl: databaseUrl.reveal(), temporal, webUiUrl: config.webUiUrl };
  }
  if (!running) return undefined;
  const { databaseUrl, temporalAddress: address, temporalNamespace: namespace } = running;
  const webUiUrl = running.webUiUrl === '' ? undefined : running.webUiUrl;
  return { databaseUrl, temporal: { address, namespace, local: true }, webUiUrl };
}
