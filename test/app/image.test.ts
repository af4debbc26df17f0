/** The image cannot be built here: what its Dockerfile copies is laid out in a folder, and started from there. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freePort } from '../../src/local/process/ports';
import { linkPackages, ROOT, runNode } from '../support/processes/checkout';
import { testEnvironment } from '../support/environment';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { startProgram, type Program } from '../support/processes/program';
import { HUSH_SECRET, randomKey } from '../support/random-key';

let image: string;
let database: OwnDatabase;
const programs: Program[] = [];

beforeAll(async () => {
  database = await startOwnDatabase();
  image = mkdtempSync(join(tmpdir(), 'image-'));
  for (const { from, paths } of lastStage()) layOut(from, paths);
});

afterAll(async () => {
  for (const program of programs) await program.kill('SIGTERM');
  await database.stop();
  rmSync(image, { recursive: true });
});

interface Copy {
  /** undefined: the checkout. */
  readonly from: string | undefined;
  readonly paths: readonly string[];
}

/** What the last stage copies; it has to do nothing else that changes files. */
function lastStage(): Copy[] {
  const stage = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .split(/^FROM /m)
    .at(-1)!;
  const [, ...lines] = stage.trim().split('\n');
  return lines.flatMap((line) => {
    if (/^(ENV|WORKDIR|USER|CMD) /.test(line)) return [];
    const [, from, paths] = /^COPY (?:--from=(\w+) )?(.+)$/.exec(line) ?? [];
    if (paths === undefined) throw new Error(`this test does not know what it makes: ${line}`);
    return [{ from, paths: paths.split(' ') }];
  });
}

function layOut(from: string | undefined, paths: readonly string[]): void {
  const target = join(image, paths.at(-1)!);
  for (const source of paths.slice(0, -1)) {
    if (from === undefined) {
      mkdirSync(target, { recursive: true });
      cpSync(join(ROOT, source), join(target, basename(source)), { recursive: true });
    } else if (source === '/built')
      cpSync(join(ROOT, 'dist'), target, { recursive: true, dereference: true });
    else if (source === '/app/node_modules') linkPackages(image);
    else throw new Error(`this test does not know ${source}`);
  }
}

const settings = () => ({
  NODE_ENV: 'production',
  DATABASE_URL: database.url,
  TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
  ENCRYPTION_KEYS: `k1:${randomKey('image')}`,
});

async function start(module: string, env: Record<string, string>): Promise<void> {
  programs.push(await startProgram({ module, dist: join(image, 'dist'), env }));
}

test('the worker starts', async () => {
  await start('worker', settings());
});

test('the server starts, and the portal has its assets', async () => {
  const port = await freePort(0);
  await start('server', {
    ...settings(),
    CALLBACK_SECRET: HUSH_SECRET,
    PUBLIC_URL: 'https://app.example.com',
    PORT: String(port),
  });
  for (const path of ['healthz', 'portal/assets/portal.css', 'portal/assets/portal.js']) {
    expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
  }
});

test('the CLI runs, and has the migrations', async () => {
  const { code, stdout } = await runNode(image, ['dist/client.js', 'migrate'], { env: settings() });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\w/) as string });
});
