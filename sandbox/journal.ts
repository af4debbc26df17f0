/**
 * An append-only file of JSON lines: what a stand-in acknowledged and must still know after it was
 * killed. Lines that wait together are written together; a write that returned is in the kernel's
 * hands and survives SIGKILL, which is all that is promised (no fsync: a power cut may lose the end).
 */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toJson } from './json';

export interface Journal {
  /** What earlier processes appended, oldest first. */
  readonly changes: unknown[];
  /** Resolves once the change is written. Changes are kept in the order of the calls. */
  append(change: object): Promise<void>;
  /** Writes what waits, then closes the file. */
  close(): Promise<void>;
}

/** Without a path nothing is kept: the state lives and dies with the process. */
export async function openJournal(path?: string): Promise<Journal> {
  if (path === undefined) {
    return { changes: [], append: () => Promise.resolve(), close: () => Promise.resolve() };
  }
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    return { changes: await readChanges(file, path), ...writer(file) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readChanges(file: FileHandle, path: string): Promise<unknown[]> {
  const bytes = await file.readFile();
  const changes: unknown[] = [];
  let start = 0;
  // Line by line from the bytes: a long journal does not fit one JavaScript string.
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) break;
    changes.push(parseLine(bytes.toString('utf8', start, end), path, changes.length + 1));
    start = end + 1;
  }
  // A line without its end was cut off by a kill before it was acknowledged. It must leave the file
  // too, or the next line would be glued to it.
  if (start < bytes.length) await file.truncate(start);
  return changes;
}

function parseLine(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new Error(`Line ${number} of ${path} is not JSON. Delete the file to start anew.`, {
      cause,
    });
  }
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

function writer(file: FileHandle): Pick<Journal, 'append' | 'close'> {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let refusal: Error | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (refusal !== null) throw refusal;
        await file.appendFile(batch.map(({ line }) => line).join(''));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Half a line may be in the file now; anything after it would be read as one broken line.
        refusal ??= new Error('The journal could not be written and takes no more.', {
          cause: error,
        });
        for (const { reject } of batch) reject(refusal);
      }
    }
    writing = null;
  }

  return {
    append: (change) => {
      if (refusal !== null) return Promise.reject(refusal);
      return new Promise((resolve, reject) => {
        waiting.push({ line: `${toJson(change)}\n`, resolve, reject });
        writing ??= drain();
      });
    },
    close: async () => {
      if (writing !== null) await writing;
      refusal ??= new Error('The journal is closed.');
      await file.close();
    },
  };
}
