/** Small private files of the local parts: written whole or not at all, and parsed when read. */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { hasCode } from './unix-socket';

/** Synchronous, so that nothing can happen between the fact and its record. */
export function writePrivateJson(file: string, value: unknown): void {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** undefined when there is no such file, or none of ours. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    return parseJson(readFileSync(file, 'utf8'), schema);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** undefined when the text is not JSON, or not of that form. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return schema.safeParse(value).data;
}
