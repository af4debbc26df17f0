/** Bundles of workflow code that is not today's, for a worker of another version. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { silentLogger } from '../silent-logger';

export interface OtherCode {
  /** File of the bundle. */
  readonly path: string;
  remove(): Promise<void>;
}

/** @param module of test/support */
export async function bundleOther(
  module: 'other-workflow' | 'broken-workflow',
): Promise<OtherCode> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-bundle-'));
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, `${module}.ts`),
    logger: silentLogger,
  });
  const path = join(folder, 'bundle.js');
  writeFileSync(path, code);
  return { path, remove: () => rm(folder, { recursive: true }) };
}
