/**
 * Program: has Temporal's SDK download its server into a folder, `cli-sdk-download <folder>`. On its
 * own, because the SDK's runtime takes over SIGINT and SIGTERM of the process it is loaded in.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { CLI_VERSION } from './cli-checksums';

async function main(folder: string): Promise<void> {
  const executable = {
    type: 'cached-download',
    downloadDir: folder,
    version: `v${CLI_VERSION}`,
    // The SDK deletes and fetches again what is older.
    ttl: '3650 days',
  } as const;
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await environment.teardown();
}

main(process.argv[2] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
