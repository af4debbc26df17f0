/** A folder that `npm start` cannot write ends the start with the cause, and with what to do about that one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../src/domain/errors';
import { openStateFolder } from '../../src/local/state/state-folder';

test('a file where the folder should be is told as such', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'state-'));
  try {
    writeFileSync(join(folder, '.data'), '');
    const opening = openStateFolder(join(folder, '.data', 'sandbox'));
    await expect(opening).rejects.toMatchObject({
      code: 'DISK_UNWRITABLE',
      details: { cause: 'ENOTDIR' },
      message: expect.stringContaining('A file lies where the folder should be') as string,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['ENOSPC', 'Make room'],
  ['EROFS', 'Start it in a folder that can be written'],
  ['EACCES', 'Let this user write there'],
  ['EPERM', 'Let this user write there'],
])('%s is answered by its own advice', (cause, next) => {
  const { message } = new SyncError('DISK_UNWRITABLE', { folder: '.data/main', cause });
  expect(message).toContain(`cause ${cause}`);
  expect(message).toContain(next);
});
