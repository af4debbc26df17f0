/** `check`: whether everything that a sync needs is there and lets it in. Nothing is posted. */
import type { Command } from 'commander';
import { chargesWithoutIntentProbe } from '../checks/charges-without-intent';
import { databaseProbe } from '../checks/database';
import { diskProbe } from '../checks/disk';
import { carriesMovements, syncProbes } from '../checks/ends';
import { movementsProbe } from '../checks/movements';
import { runProbes, type Finding, type Probe, type ProbeResult } from '../checks/probe';
import { temporalServerProbe } from '../checks/temporal-server';
import { unsafeProbes } from '../checks/unsafe';
import { temporalWorkerProbe } from '../checks/temporal-worker';
import { errorInfo } from '../domain/errors';
import { EXIT } from '../exit';
import type { Db } from '../store/db';
import type { CommonOptions, Context } from './context';
import { describeMode } from './mode';
import type { Output } from './output';
import type { Own } from './place';
import { liftPause } from './schedule-of';
import { verb, type Run } from './verb';

export function addCheck(program: Command, run: Run): void {
  verb(program, 'check', 'Check keys, rights, Temporal, database, settings', 'check').action(
    (options: CommonOptions) => run(options, check),
  );
}

async function check(context: Context): Promise<number> {
  const { output, place } = context;
  const there = place.parts !== undefined;
  if (!there && !place.config.instance) return nothingYet(output);
  const ends = await context.ends();
  const { id } = ends.config;
  const db = () => context.db();
  const temporal = () => context.temporal();
  const where = place.config.external ? 'DATABASE_URL' : 'embedded Postgres';
  // A pause of ours is lifted by these alone.
  const withMovements = there && (await carriesMovements(db, id));
  const open = there ? db : undefined;
  const deciding = syncProbes(ends, open, withMovements);
  const results = await runProbes([
    ...(there ? [databaseProbe(db, where, id), temporalServerProbe(temporal)] : []),
    ...deciding,
    ...(withMovements ? [] : [movementsProbe(ends, open), chargesWithoutIntentProbe(ends, open)]),
    ...unsafeProbes(ends.config),
    ...(there ? [temporalWorkerProbe(temporal, dbIfThere(db), place.config, id)] : []),
    ...(place.own ? [diskProbe(place.own.folder, 'space.check.tmp'), partsProbe(place.own)] : []),
  ]);
  const isWell = (name: string) => results.some((result) => result.name === name && result.ok);
  // A worker that still has the old key would go on failing with it.
  const mayLift =
    isWell('Temporal') &&
    deciding.every(({ name }) => isWell(name)) &&
    !results.some(({ code }) => code === 'WORKER_OUTDATED');
  const lifted = mayLift ? await liftPause(context) : undefined;
  if (isWell('Temporal')) {
    const { temporalScheduleProbe } = await import('../checks/temporal-schedule.js');
    const { stallProbe } = await import('../checks/stall.js');
    const probes = [
      temporalScheduleProbe(temporal, id),
      ...(isWell('database') ? [stallProbe(temporal, db, id)] : []),
    ];
    results.push(...(await runProbes(probes)));
  }
  const asked = results.filter(({ notAskedFor }) => notAskedFor === undefined);
  const failed = asked.filter(({ ok }) => !ok);
  const ok = failed.length === 0;
  const notAsked = [
    ...results.flatMap(({ name, notAskedFor }) =>
      notAskedFor === undefined ? [] : [{ name, because: `${notAskedFor} failed` }],
    ),
    ...(there ? [] : ['database', 'Temporal', 'worker'].map((name) => ({ name, because: NOT_UP }))),
  ];
  const lines = [
    `Instance ${id}: ${describeMode(place, ends.config)}`,
    ...asked.map((result) => describe(output, result, widthOf(asked))),
    ...describeNotAsked(output, notAsked),
    ...(lifted === undefined
      ? []
      : [`Lifted the pause of the schedule that was set for ${lifted}.`]),
    ok ? (there ? 'All is well.' : STARTS) : `${failed.length} failed.`,
  ];
  output.data(
    { instanceId: id, ok, results: asked, notAsked, liftedPause: lifted ?? null },
    lines.join('\n'),
  );
  return ok ? EXIT.done : EXIT.failed;
}

interface NotAsked {
  readonly name: string;
  readonly because: string;
}

const NOT_UP = '`npm start` does not run in this folder';
const STARTS = 'Nothing is in the way of `npm start`.';

/** Before the first start of the sandbox there is no instance to ask about, and nothing is wrong. */
function nothingYet(output: Output): number {
  const notAsked = ['Stripe', 'Blnk', 'database', 'Temporal'].map((name) => {
    return { name, because: NOT_UP };
  });
  const text = [
    'No instance yet: no STRIPE_ or BLNK_ setting is there, and `npm start` does not run in this folder.',
    '`npm start` starts a sandbox; with settings of your own in .env it syncs your account.',
  ].join('\n');
  output.data({ instanceId: null, ok: true, results: [], notAsked, liftedPause: null }, text);
  return EXIT.done;
}

/** Without a database workers are counted by Temporal alone. */
function dbIfThere(open: () => Promise<Db>): () => Promise<Db | undefined> {
  return () => open().catch(() => undefined);
}

function partsProbe({ down }: Own): Probe {
  const { next } = errorInfo('PART_STOPPED');
  const finding: Finding =
    down.length === 0
      ? { ok: true, detail: 'all run' }
      : { ok: false, code: 'PART_STOPPED', detail: `stopped: ${down.join(', ')}`, next };
  return { name: 'parts', run: () => Promise.resolve(finding) };
}

function widthOf(results: readonly ProbeResult[]): number {
  return Math.max(18, ...results.map(({ name }) => name.length));
}

function describe(output: Output, { name, ok, detail, next }: ProbeResult, width: number): string {
  const word = ok
    ? output.colour(
        next === undefined ? 'green' : 'yellow',
        next === undefined ? 'ok    ' : 'note  ',
      )
    : output.colour('red', 'FAILED');
  const line = `  ${word}  ${name.padEnd(width)} ${detail}`;
  return next === undefined ? line : `${line}\n${' '.repeat(10 + width)} ${next}`;
}

/** One line for each cause, whatever else could not be asked for it. */
function describeNotAsked(output: Output, notAsked: readonly NotAsked[]): string[] {
  const causes = [...new Set(notAsked.map(({ because }) => because))];
  return causes.map((cause) => {
    const names = notAsked.filter(({ because }) => because === cause).map(({ name }) => name);
    return `  ${output.colour('dim', '-     ')}  not asked because ${cause}: ${names.join(', ')}`;
  });
}
