/** What `check` says when something around the syncs is wrong while `npm start` runs. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';
import { startWorker } from '../support/worlds/cli-worker';

let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', instanceId: 'trouble', worker: startWorker });
});
afterAll(() => world.close());

const failed = async () => {
  const { code, data } = await world.json('check');
  const { results } = data as { results: { name: string; ok: boolean; code?: string }[] };
  return { code, failed: results.filter(({ ok }) => !ok).map((result) => result.code) };
};

it('fails for a disk that is full, and for a part that is being started again', async () => {
  expect(await failed()).toEqual({ code: 0, failed: [] });
  symlinkSync('/dev/full', world.folder.file('.data/main/space.check.tmp'));
  expect(await failed()).toEqual({ code: 1, failed: ['DISK_UNWRITABLE'] });

  const file = world.folder.file('.data/main/running.json');
  const running = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...running, down: ['worker'] }));
  expect(await failed()).toEqual({ code: 1, failed: ['PART_STOPPED'] });
});
