/**
 * What a verb works with. Each part is loaded and opened when a verb first asks for it, and closed at
 * the end: all of them together take a second to load.
 */
import type { Client } from '@temporalio/client';
import type { Connection } from '../engine/deps';
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
  /**
   * The instance that the verb works on.
   * @throws SyncError NOT_RUNNING in a sandbox that is not running: it has no instance
   */
  instanceId(): Promise<string>;
  /** The two ends of the instance. @throws SyncError ENCRYPTION_KEY_CHANGED and those of the registry */
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
  const { instance: own, connected } = place.config;
  const asked = options.instance;
  if (asked !== undefined && own !== undefined && asked !== own.id && !connected) {
    throw new SyncError('INSTANCE_UNKNOWN', { instance: asked });
  }
  const closers: (() => Promise<void>)[] = [];

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
  let instanceId: Promise<string> | undefined;
  const once = () => (db ??= openDb());
  const findInstance = async (): Promise<string> => {
    if (own && (asked === undefined || asked === own.id)) return own.id;
    if (!connected) throw new SyncError('NOT_RUNNING');
    const { findAccess, listAccess } = await import('../store/access.js');
    if (asked !== undefined) {
      if (await findAccess(await once(), asked)) return asked;
      throw new SyncError('INSTANCE_UNKNOWN', { instance: asked });
    }
    const there = (await listAccess(await once())).filter(({ removedAt }) => removedAt === null);
    const [only] = there;
    if (only && there.length === 1) return only.instanceId;
    throw new SyncError('USAGE', {
      '--instance': only ? 'is needed, there are several' : 'is needed, there is none yet',
    });
  };

  return {
    output,
    place,
    instanceId: () => (instanceId ??= findInstance()),
    async ends() {
      const id = await (instanceId ??= findInstance());
      const { connectInstance, createRegistry } = await import('../instances/registry.js');
      // Without a database nobody reads but this command.
      if (own?.id === id) return connectInstance(place.parts ? once : undefined, own);
      if (connected) {
        const { checkKeyring } = await import('../instances/canary.js');
        await checkKeyring(await once(), connected);
      }
      return createRegistry(await once(), place.config).connect(id);
    },
    parts,
    db: once,
    temporal: () => (temporal ??= openTemporal()),
    async close() {
      await Promise.allSettled(closers.map((close) => close()));
    },
  };
}
