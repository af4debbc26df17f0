/**
 * Program of the build: bundles the workflows into one file, as the worker's isolates load them. A worker
 * that bundled at each start would spend two seconds of a core on it.
 */
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { entryPath } from '../local/entry';

async function run(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: entryPath('workflows/index'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(entryPath('workflow-bundle'), code);
}

void run();
