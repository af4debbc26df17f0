/** Whether the folder of everything that `npm start` keeps takes more: a full disk stops its parts one by one. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Probe } from './probe';

/** As much as the database and Temporal write in minutes. */
const BYTES = 4 * 1024 * 1024;

/** @param name of the file that is written and removed again */
export function diskProbe(folder: string, name = 'space.tmp'): Probe {
  return {
    name: 'disk',
    async run() {
      const path = join(folder, name);
      try {
        await write(path);
        await rm(path, { force: true });
        return { ok: true, detail: `${folder} can be written` };
      } catch (error) {
        await rm(path, { force: true });
        const detail = `${folder} cannot be written (${codeOf(error)})`;
        const next =
          'Make room there. What was synced is safe; if a part does not come back, start anew.';
        return { ok: false, code: 'DISK_UNWRITABLE', detail, next };
      }
    },
  };
}

/** To the disk itself: what only the system's memory holds proves nothing. */
async function write(path: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.write(Buffer.alloc(BYTES));
    await file.sync();
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z0-9_]{2,30}$/.test(code) ? code : 'unknown';
}
