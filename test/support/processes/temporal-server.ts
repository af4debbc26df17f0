/** A Temporal server of a test's own: with other limits, or one that the test may kill. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from '../../../src/local/process/ports';
import { temporalCli } from './cli';
import { startProgram, type Part } from './program';

export interface TemporalServer extends Part {
  readonly address: string;
  stop(): Promise<void>;
}

/** @param limits its dynamic configuration, by name */
export async function startTemporalServer(
  limits: Readonly<Record<string, number>> = {},
): Promise<TemporalServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-temporal-'));
  const port = await freePort(0);
  const address = `127.0.0.1:${port}`;
  const config = Object.entries(limits).flatMap(([name, value]) => [
    '--dynamic-config-value',
    `${name}=${value}`,
  ]);
  // Held by the product's own leash, so that it ends when this process does.
  const leash = await startProgram({
    module: 'local/process/leash',
    args: [
      ...['--port', String(port), '--record', join(folder, 'record.json'), '--'],
      ...[await temporalCli(), 'server', 'start-dev', '--ip', '127.0.0.1'],
      ...['--port', String(port), '--headless', '--log-level', 'never'],
      ...['--db-filename', join(folder, 'temporal.db'), ...config],
    ],
  });
  await untilServing(address);
  return {
    address,
    /** The leash ends when what it holds has ended. */
    async kill(signal) {
      process.kill(Number(leash.said['pid']), signal);
      await leash.ended();
    },
    async start() {
      await leash.start();
      await untilServing(address);
    },
    async stop() {
      await leash.kill('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The port answers some moments before the namespaces are there. */
async function untilServing(address: string): Promise<void> {
  for (;;) {
    const serves = await describeDefault(address).then(
      () => true,
      () => false,
    );
    if (serves) return;
    await sleep(50);
  }
}

async function describeDefault(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}
