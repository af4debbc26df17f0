/** `npm start` whose database was deleted: the ledger's answer decides, and nothing is posted again. */
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from '../../src/domain/report';
import { temporalCli } from '../support/processes/cli';
import { DIST, scratchFolder, type Scratch } from '../support/processes/local-support';

let scratch: Scratch;
beforeAll(() => void (scratch = scratchFolder()));
afterAll(() => scratch.remove());

/** As people run it; nothing of this process's environment gets in, except where programs are. */
async function startOnce(): Promise<Report> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(DIST, 'start.js'), '--once', '--json'],
    {
      cwd: scratch.path,
      env: { PATH: process.env['PATH'], TEMPORAL_CLI_PATH: await temporalCli() },
    },
  );
  return JSON.parse(stdout) as Report;
}

it('a run after the database was deleted posts nothing and finds everything in the ledger', async () => {
  const first = await startOnce();
  expect(first).toMatchObject({ status: 'completed', recordsAlreadyPosted: 0 });
  expect(first.recordsPosted).toBeGreaterThan(900);

  const database = scratch.file('.data/sandbox/database');
  expect(existsSync(database)).toBe(true);
  rmSync(database, { recursive: true });

  const second = await startOnce();
  expect(second).toMatchObject({
    status: 'completed',
    recordsPosted: 0,
    recordsQuarantined: 0,
    recordsFound: first.recordsFound,
    recordsAlreadyPosted: first.recordsPosted,
  });
  for (const [currency, { posted }] of Object.entries(first.amounts)) {
    expect(second.amounts[currency]).toMatchObject({ posted: '0', alreadyPosted: posted });
  }
}, 300_000);
