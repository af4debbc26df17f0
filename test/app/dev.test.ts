/** `npm run dev`: what is changed is built, and the program begun anew with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOut, linkPackages, ROOT } from '../support/processes/checkout';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dev-'));
  layOut(folder);
  linkPackages(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Its own command, with a program that ends at once in the place of `start`. */
function watch(program: readonly string[]) {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { dev: string };
  };
  const [node, ...flags] = scripts.dev.split(' ');
  expect([node, flags.at(-1)]).toEqual(['node', 'start']);
  const child = spawn(process.execPath, [...flags.slice(0, -1), ...program], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  const said = async (pattern: RegExp) => {
    while (!pattern.test(text)) {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
    }
  };
  return { child, said };
}

test('a change is built and run, what does not compile is said, and the next change goes on', async () => {
  const file = join(folder, 'src', 'exit.ts');
  const text = readFileSync(file, 'utf8');
  const { child, said } = watch(['client', '--version']);
  await said(/^Building [^]*0\.1\.0\n/);
  writeFileSync(file, `${text}\nexport const = 1;\n`);
  await said(/0\.1\.0\n[^]*Building [^]*BUILD_FAILED/);
  writeFileSync(file, `${text}\nexport const CHANGED = 1;\n`);
  await said(/BUILD_FAILED[^]*Building [^]*0\.1\.0\n/);
  child.kill('SIGTERM');
  await once(child, 'exit');
});
