/** Temporal dies in the middle of a run, and the sync goes on to its end. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/local/ports';
import { startLocalTemporal } from '../../src/temporal/local-server';
import { temporalCli } from '../support/cli';
import { startHarness } from '../support/harness';
import { expectComplete, pay, RESTARTS, untilBooked } from './restarts-support';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bss-restart-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('Temporal: its server is killed, and the sync goes on when it is back', async () => {
  const recordFile = join(folder, 'temporal.json');
  const port = await freePort(0);
  const temporal = await startLocalTemporal({
    executable: await temporalCli(),
    port,
    uiPort: await freePort(0, [port]),
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    recordFile,
    restarts: RESTARTS,
  });
  const harness = await startHarness({
    servers: { temporalAddress: temporal.address },
    blnk: { latencyMs: 20 },
  });
  try {
    await pay(harness);
    const run = await harness.start();
    await untilBooked(harness, 60);
    const { pid } = JSON.parse(readFileSync(recordFile, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await expectComplete(harness, await harness.reportOf(run));
  } finally {
    await harness.close();
    await temporal.stop();
  }
}, 60_000);
