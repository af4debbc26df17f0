/**
 * Whether the workers run with the settings that a command or server has: a key that was changed here is
 * used there only after a restart. Settings are compared by marks, from which nothing can be read.
 */
import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Config, ConnectedConfig, InstanceConfig } from '../config';
import type { Marks, WorkerRow } from '../store/workers';

export type ServedSettings = Pick<Config, 'instance' | 'connected'>;

/** Made to be slow, with the worker's identity as salt: a key that a person made up is not found by trying. */
const derive = promisify<string, string, number, Buffer>(scrypt);
const MARK_BYTES = 12;

/** Marks of everything that decides what a worker does, or of what it does for one instance. */
export async function marksOf(
  identity: string,
  served: ServedSettings,
  instanceId?: string,
): Promise<Marks> {
  const values = Object.entries(valuesOf(served, instanceId));
  const marks = values.map(async ([name, value]) => [name, await markOf(identity, name, value)]);
  return Object.fromEntries(await Promise.all(marks)) as Marks;
}

async function markOf(identity: string, name: string, value: Value): Promise<string> {
  const salt = `${identity}\0${name}`;
  if (typeof value !== 'string')
    return (await derive(value.reveal(), salt, MARK_BYTES)).toString('hex');
  return createHash('sha256')
    .update(`${salt}\0${value}`)
    .digest('hex')
    .slice(0, 2 * MARK_BYTES);
}

/** Names of the settings that a worker has otherwise than `served`, for this instance. */
export async function differingSettings(
  { identity, settings }: Pick<WorkerRow, 'identity' | 'settings'>,
  served: ServedSettings,
  instanceId: string,
): Promise<string[]> {
  const marks = await marksOf(identity, served, instanceId);
  return Object.keys(marks).filter((name) => settings[name] !== marks[name]);
}

type Value = string | Pick<InstanceConfig['blnk']['apiKey'], 'reveal'>;

function valuesOf({ instance, connected }: ServedSettings, only?: string): Record<string, Value> {
  if (instance && only === instance.id) return valuesOfInstance(instance);
  return {
    ...(connected && valuesOfConnected(connected, only)),
    ...(instance && only === undefined && valuesOfInstance(instance)),
  };
}

function valuesOfConnected(
  { encryptionKeys, shared }: ConnectedConfig,
  only: string | undefined,
): Record<string, Value> {
  const keys = encryptionKeys.map(({ id, key }) => `${id}:${key.reveal()}`).sort();
  const isShared = shared && (only === undefined || shared.instances.includes(only));
  return {
    ENCRYPTION_KEYS: { reveal: () => keys.join() },
    ...(isShared && { STRIPE_SECRET_KEY: shared.secretKey }),
  };
}

function valuesOfInstance(config: InstanceConfig): Record<string, Value> {
  return {
    BLNK_INSTANCE_ID: config.id,
    STRIPE_SECRET_KEY: config.stripe.secretKey,
    STRIPE_API_BASE: config.stripe.apiBase.href,
    BLNK_KIND: config.blnk.kind,
    BLNK_URL: config.blnk.url.href,
    BLNK_API_KEY: config.blnk.apiKey,
    BLNK_SOURCE_BALANCE: config.balances.source,
    BLNK_GUEST_BALANCE: config.balances.guest,
    BLNK_PAYOUT_BALANCE: config.balances.payouts ?? '',
    DISPUTES_LOST_TO: config.balances.disputesLost ?? '',
    SYNC_SINCE: String(config.since ?? ''),
  };
}
