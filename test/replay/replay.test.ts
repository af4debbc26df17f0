/** Histories of real runs replay on today's workflow code: a running sync survives an update. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { openSyncs } from '../support/databases/kept-versions';
import { installRuntime } from '../support/processes/runtime';
import { silentLogger } from '../support/silent-logger';

const HISTORIES = join(__dirname, 'histories');
// Those of each later version are in a folder of its name.
const files = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  installRuntime();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../src/workflows'),
    logger: silentLogger,
  });
});

interface History {
  readonly events: { eventType: string; activityTaskScheduledEventAttributes?: unknown }[];
}

const read = (file: string): History =>
  JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as History;

it('has a history of each kind of run', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'cancelled.json',
      'continued-first.json',
      'continued-last.json',
      'failed.json',
      'full-listing.json',
      'idle.json',
      'skipped.json',
    ]),
  );
});

it.each(files)('%s replays without a difference', async (file) => {
  await Worker.runReplayHistory({ workflowBundle }, read(file));
});

it.each(openSyncs().filter(({ about }) => about.replays))(
  'a first sync that $name has left open replays as far as it came',
  async ({ history }) => {
    await Worker.runReplayHistory({ workflowBundle }, history);
  },
);

it.each(openSyncs().filter(({ about }) => !about.replays))(
  'a first sync that $name has left open does not replay, and so ends as failed',
  async ({ history }) => {
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(/TMPRL1100/);
  },
);

it('notices a changed order of activities', async () => {
  const history = read('full-listing.json');
  const changed = JSON.stringify(history).replaceAll('sendPayInsToBlnk', 'somethingElse');
  await expect(
    Worker.runReplayHistory({ workflowBundle }, JSON.parse(changed) as History),
  ).rejects.toThrow(/TMPRL1100|determinism/i);
});
