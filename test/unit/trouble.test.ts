/** What goes wrong around the syncs: found by probes, and told by the screen of `npm start`. */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { databaseProbe } from '../../src/checks/database';
import { diskProbe } from '../../src/checks/disk';
import { runProbes, type Finding, type Probe } from '../../src/checks/probe';
import { temporalScheduleProbe } from '../../src/checks/temporal-schedule';
import { SyncError } from '../../src/domain/errors';
import { createPublisher } from '../../src/local/run/publisher';
import { watchTrouble, whyGivenUp } from '../../src/local/run/trouble';
import type { Db } from '../../src/store/db';

const ask = async (probe: Probe) => (await runProbes([probe]))[0];

describe('the disk', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'disk-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is well while it takes what is written, and nothing of that is left', async () => {
    expect(await ask(diskProbe(folder))).toMatchObject({ name: 'disk', ok: true });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is what a part that was given up is told for, where it takes nothing more', () => {
    const error = new Error('database died 6 times');
    expect(whyGivenUp(error, folder)).toBe(error);
    expect(whyGivenUp(error, join(folder, 'gone'))).toMatchObject({
      code: 'DISK_UNWRITABLE',
      details: { cause: 'ENOENT' },
    });
  });

  test('that is full, or gone, fails with the code of the system', async () => {
    symlinkSync('/dev/full', join(folder, 'space.tmp'));
    const full = { ok: false, code: 'DISK_UNWRITABLE' };
    expect(await ask(diskProbe(folder))).toMatchObject({
      ...full,
      detail: `${folder} cannot be written (ENOSPC)`,
    });
    expect(await ask(diskProbe(join(folder, 'gone')))).toMatchObject({
      ...full,
      detail: expect.stringContaining('ENOENT') as string,
    });
  });
});

test('a database that is read and takes no writes fails', async () => {
  const query = jest.fn((sql: string) =>
    sql.startsWith('update')
      ? Promise.reject(new SyncError('STORE_UNAVAILABLE', { cause: '53100' }))
      : Promise.resolve([]),
  );
  const open = () => Promise.resolve({ query } as unknown as Db);
  expect(await ask(databaseProbe(open, 'Postgres'))).toMatchObject({ ok: true });
  expect(await ask(databaseProbe(open, 'Postgres', 'inst_1'))).toMatchObject({
    ok: false,
    code: 'STORE_UNAVAILABLE',
    detail: expect.stringContaining('53100') as string,
  });
});

test.each([
  ['to come', 60, false, true],
  ['due just now, as after a restart', -100, false, true],
  ['due minutes ago', -150, false, false],
  ['of a schedule that is paused', -150, true, true],
])('a run %s', async (_what, seconds, paused, ok) => {
  const describe = () =>
    Promise.resolve({
      scheduleId: 'stripe-sync:inst_1',
      spec: {},
      state: { paused },
      info: {
        nextActionTimes: [new Date(Date.now() + seconds * 1000)],
        runningActions: [],
        recentActions: [],
      },
    });
  const client = {
    schedule: { getHandle: () => ({ describe }) },
    withDeadline: <T>(_deadline: number, ask: () => Promise<T>) => ask(),
  } as unknown as Client;
  const found = await ask(temporalScheduleProbe(() => Promise.resolve(client), 'inst_1'));
  expect(found?.ok).toBe(ok);
  expect(found?.code).toBe(ok ? undefined : 'SCHEDULE_LATE');
});

test('each trouble is a line when it begins and one when it is over', async () => {
  const lines: string[] = [];
  const stop = new AbortController();
  const well: Finding = { ok: true, detail: 'well' };
  const full: Finding = { ok: false, detail: 'is full', next: 'Make room.' };
  const findings = [well, full, { ...full, detail: 'is still full' }, well, well, full];
  const probe: Probe = {
    name: 'disk',
    run: () => {
      const [next = well] = findings.splice(0, 1);
      if (findings.length === 0) stop.abort();
      return Promise.resolve(next);
    },
  };
  const line = (text = '') => void lines.push(text);
  await watchTrouble([probe], { line, trouble: line }, stop.signal, 1);
  expect(lines).toEqual([
    'disk: is full. Make room.',
    '  disk: well again',
    'disk: is full. Make room.',
  ]);
});

test('which parts are down is told to other programs, unless the disk takes nothing more', () => {
  const published: unknown[] = [];
  const lines: string[] = [];
  let isFull = false;
  const publisher = createPublisher({
    screen: { trouble: (text) => void lines.push(text) },
    state: {
      path: '.data/main',
      publish: (facts) => {
        if (isFull) throw new Error('ENOSPC');
        published.push(facts.down);
      },
    },
  });
  const facts = { temporalAddress: '', temporalNamespace: '', webUiUrl: '', databaseUrl: '' };
  publisher.note('database', true);
  publisher.publish({ mode: 'main', ...facts });
  publisher.note('worker', true);
  publisher.note('database', false);
  expect(published).toEqual([['database'], ['database', 'worker'], ['worker']]);
  isFull = true;
  publisher.note('worker', false);
  publisher.note('worker', true);
  expect(lines).toEqual(['.data/main cannot be written']);
});
