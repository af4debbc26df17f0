/**
 * Keys as a verb takes them: from the environment, a prompt that shows nothing, or a line of standard
 * input. Never from an argument, which every user of the machine can see.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { environmentOfProcess } from '../config';
import { SyncError } from '../domain/errors';
import { Secret } from '../secret';
import type { Output } from './output';

export interface SecretInput {
  /** @throws SyncError USAGE when there is none */
  ask(name: string, label: string): Promise<Secret>;
  /** Whether a person says yes; false where nobody can be asked. */
  confirm(question: string): Promise<boolean>;
}

export function createSecretInput(output: Output): SecretInput {
  let lines: AsyncIterator<string, undefined> | undefined;
  const nextLine = async () => {
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const line: IteratorResult<string, undefined> = await lines.next();
    return line.value ?? '';
  };
  const prompt = async (question: string, echo: boolean) => {
    output.notice(question);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const terminal = createInterface({
      input: process.stdin,
      output: echo ? process.stderr : silent,
      terminal: true,
    });
    try {
      return await terminal.question('');
    } finally {
      terminal.close();
    }
  };

  return {
    async ask(name, label) {
      const given =
        environmentOfProcess()[name] ??
        (process.stdin.isTTY ? await prompt(`${label}:`, false) : await nextLine());
      if (given.trim() === '') {
        throw new SyncError('USAGE', { [name]: 'is needed, or a line of standard input' });
      }
      return new Secret(given.trim());
    },
    confirm: async (question) =>
      process.stdin.isTTY && (await prompt(`${question} Type yes:`, true)).trim() === 'yes',
  };
}
