/** What was kept of earlier versions: histories of their runs, and a first sync that one of them left open. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { version } from '../../../package.json';

const REPLAY = join(__dirname, '..', '..', 'replay');

/** The first sync of a new instance, as a version left it when its worker was killed. */
export interface OpenSync {
  readonly name: string;
  readonly about: z.infer<typeof ABOUT>;
  /** Of the tables that hold any, in an order in which they can be inserted. */
  readonly tables: readonly (readonly [table: string, rows: readonly object[]])[];
  /** Of its run. */
  readonly history: unknown;
  /** Journals of the stand-ins. */
  readonly stripe: string;
  readonly blnk: string;
}

const ABOUT = z.object({
  instanceId: z.string(),
  /** Of the Stripe stand-in. */
  seed: z.string(),
  account: z.string(),
  /** Unix seconds when it was left. */
  at: z.int(),
  /** Pay-ins that Stripe shows. */
  payIns: z.int(),
  /** Whether today's workflow replays its history; a run of another one ends as failed. */
  replays: z.boolean(),
  migrations: z.array(z.string()),
  /** Of its instance, where they were not the defaults of that time. */
  settings: z.record(z.string(), z.string()).default({}),
});
const TABLES = z.array(z.tuple([z.string(), z.array(z.record(z.string(), z.json()))]));

export function openSyncs(): OpenSync[] {
  const folder = join(REPLAY, 'open-syncs');
  return readdirSync(folder).map((name) => {
    const text = (file: string) => readFileSync(join(folder, name, file), 'utf8');
    return {
      name,
      about: ABOUT.parse(JSON.parse(text('about.json'))),
      tables: TABLES.parse(JSON.parse(text('rows.json'))),
      history: JSON.parse(text('history.json')) as unknown,
      stripe: join(folder, name, 'stripe.jsonl'),
      blnk: join(folder, name, 'blnk.jsonl'),
    };
  });
}

/** Landed last: one among its pay-ins, one among the movements that come after them. */
const LATEST = ['8e628e2', '8e628e2-movements'];

export function latestLeftOpen(): OpenSync[] {
  const found = openSyncs().filter(({ name }) => LATEST.includes(name));
  if (found.length !== LATEST.length) throw new Error(`not kept: ${LATEST.join(', ')}`);
  return found;
}

/**
 * A new folder for what this version leaves to later ones. RECORD_AS names it where the version's number
 * does not. @throws when there is one: what a release has left is never written again
 */
export function newFolder(kind: 'open-syncs' | 'histories', suffix = ''): string {
  const name = `${process.env['RECORD_AS'] ?? version}${suffix}`;
  const folder = join(REPLAY, kind, name);
  if (existsSync(folder)) {
    throw new Error(`${folder} is there: raise the version, or name another one by RECORD_AS`);
  }
  mkdirSync(folder, { recursive: true });
  return folder;
}
