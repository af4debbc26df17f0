/** `check`: whether everything that a sync needs is there and lets it in. Nothing is posted. */
import type { Command } from 'commander';
import { chargesWithoutIntentProbe } from '../checks/charges-without-intent';
import { databaseProbe } from '../checks/database';
import { diskProbe } from '../checks/disk';
import { syncProbes } from '../checks/ends';
import { findingOf, runProbes, type Finding, type Probe, type ProbeResult } from '../checks/probe';
import { temporalServerProbe } from '../checks/temporal-server';
import { temporalWorkerProbe } from '../checks/temporal-worker';
import { errorInfo, SyncError } from '../domain/errors';
import { EXIT } from '../exit';
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
  const ends = await context.ends();
  const there = place.parts !== undefined;
  const db = () => context.db();
  const temporal = () => context.temporal();
  // A pause of ours is lifted by these alone.
  const deciding = await runProbes(syncProbes(ends, there ? db : undefined));
  const { since } = ends.config;
  const outside = chargesWithoutIntentProbe(ends.stripe, typeof since === 'number' ? since : null);
  const around: Probe[] = there
    ? [
        outside,
        databaseProbe(
          db,
          place.config.external ? 'DATABASE_URL' : 'embedded Postgres',
          ends.config.id,
        ),
        temporalServerProbe(temporal),
        temporalWorkerProbe(temporal),
        ...(place.own
          ? [diskProbe(place.own.folder, 'space.check.tmp'), partsProbe(place.own)]
          : []),
      ]
    : [outside, notRunning('database'), notRunning('Temporal')];
  const results = [...deciding, ...(await runProbes(around))];

  let lifted: string | undefined;
  if (results.some(({ name, ok }) => name === 'Temporal' && ok)) {
    if (deciding.every(({ ok }) => ok)) lifted = await liftPause(context);
    const { temporalScheduleProbe } = await import('../checks/temporal-schedule.js');
    const { stallProbe } = await import('../checks/stall.js');
    const probes = [
      temporalScheduleProbe(temporal, ends.config.id),
      ...(results.some(({ name, ok }) => name === 'database' && ok)
        ? [stallProbe(temporal, db, ends.config.id)]
        : []),
    ];
    results.push(...(await runProbes(probes)));
  }

  const ok = results.every((result) => result.ok);
  const lines = [
    `Instance ${ends.config.id}: ${describeMode(place, ends.config)}`,
    ...results.map((result) => describe(output, result)),
    ...(lifted === undefined
      ? []
      : [`Lifted the pause of the schedule that was set for ${lifted}.`]),
    ok ? 'All is well.' : `${results.filter((result) => !result.ok).length} failed.`,
  ];
  output.data(
    { instanceId: ends.config.id, ok, results, liftedPause: lifted ?? null },
    lines.join('\n'),
  );
  return ok ? EXIT.done : EXIT.failed;
}

function partsProbe({ down }: Own): Probe {
  const { next } = errorInfo('PART_STOPPED');
  const finding: Finding =
    down.length === 0
      ? { ok: true, detail: 'all run' }
      : { ok: false, code: 'PART_STOPPED', detail: `stopped: ${down.join(', ')}`, next };
  return { name: 'parts', run: () => Promise.resolve(finding) };
}

function notRunning(name: string): Probe {
  const finding: Finding = findingOf(new SyncError('NOT_RUNNING'));
  return { name, run: () => Promise.resolve(finding) };
}

const NAME_WIDTH = 18;

function describe(output: Output, { name, ok, detail, next }: ProbeResult): string {
  const word = ok
    ? output.colour(
        next === undefined ? 'green' : 'yellow',
        next === undefined ? 'ok    ' : 'note  ',
      )
    : output.colour('red', 'FAILED');
  const line = `  ${word}  ${name.padEnd(NAME_WIDTH)} ${detail}`;
  return next === undefined ? line : `${line}\n${' '.repeat(10 + NAME_WIDTH)} ${next}`;
}
