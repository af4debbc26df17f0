/**
 * What a verb works with. Each part is loaded and opened when a verb first asks for it, and closed at
 * the end: all of them together take a second to load.
 */
import type { Client } from '@temporalio/client';
import type { Connection } from '../activities/deps';
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import { connectDb, type Db } from '../store/db';
import { createOutput, type Output } from './output';
import { findPlace, type Parts, type Place } from './place';

export interface CommonOptions {
  readonly instance?: string;
  readonly json?: boolean;
}

export interface Context {
  readonly output: Output;
  readonly place: Place;
  /** @throws SyncError NOT_RUNNING in a sandbox that is not running: it has no instance */
  instance(): InstanceConfig;
  /** The two ends of the instance. */
  ends(): Promise<Connection>;
  /** @throws SyncError NOT_RUNNING */
  parts(): Parts;
  /** @throws SyncError NOT_RUNNING, STORE_UNAVAILABLE, SCHEMA_BEHIND, SCHEMA_UNKNOWN */
  db(): Promise<Db>;
  /** @throws SyncError NOT_RUNNING, TEMPORAL_UNAVAILABLE */
  temporal(): Promise<Client>;
  close(): Promise<void>;
}

/** A command asks one thing after the other. */
const CONNECTIONS = 2;

/** @throws SyncError SETTINGS_INVALID, INSTANCE_UNKNOWN */
export async function openContext(options: CommonOptions): Promise<Context> {
  const output = createOutput(options.json === true);
  const place = await findPlace();
  const only = place.config.instance;
  if (options.instance !== undefined && only !== undefined && options.instance !== only.id) {
    throw new SyncError('INSTANCE_UNKNOWN', { instance: options.instance });
  }
  const closers: (() => Promise<void>)[] = [];

  const instance = () => {
    if (!only) throw new SyncError('NOT_RUNNING');
    return only;
  };
  const parts = () => {
    if (!place.parts) throw new SyncError('NOT_RUNNING');
    return place.parts;
  };
  const openDb = async () => {
    const db = connectDb(parts().databaseUrl, CONNECTIONS);
    closers.push(() => db.close());
    const { checkSchema } = await import('../store/migrate.js');
    await checkSchema(db);
    return db;
  };
  const openTemporal = async () => {
    const { connectTemporal } = await import('../temporal/connection.js');
    const { client, close } = await connectTemporal(parts().temporal);
    closers.push(close);
    return client;
  };
  let db: Promise<Db> | undefined;
  let temporal: Promise<Client> | undefined;

  return {
    output,
    place,
    instance,
    async ends() {
      const config = instance();
      const { createStripeReader } = await import('../stripe/client.js');
      const { createLedger } = await import('../blnk/ledger.js');
      return { config, stripe: createStripeReader(config.stripe), ledger: createLedger(config) };
    },
    parts,
    db: () => (db ??= openDb()),
    temporal: () => (temporal ??= openTemporal()),
    async close() {
      await Promise.allSettled(closers.map((close) => close()));
    },
  };
}
