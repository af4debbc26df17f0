/**
 * The arrows between the folders of src, as docs/architecture.md draws them. An import as a type is
 * erased and binds nobody at run time, so it is told from one as a value exactly.
 */
import ts from 'typescript';
import {
  fileOf,
  filesUnder,
  importsOf,
  packageOf,
  parseSource,
  readText,
  walk,
  type Import,
} from '../support/source-files';

/** Folders and files of src as `src/…`, packages by name; `node:*` is all of Node. */
interface Rule {
  readonly values: readonly string[];
  /** In addition, as types only. */
  readonly types?: readonly string[];
}

/** By folder of src, `sandbox` for the stand-ins, or by file where it stands in none. A folder may always import itself. */
const RULES: Readonly<Record<string, Rule>> = {
  domain: { values: [] },
  secret: { values: ['node:util'] },
  logger: { values: ['pino'], types: ['src/config'] },
  'at-once': { values: ['p-limit'] },
  loop: { values: ['node:timers/promises'] },
  patience: { values: ['src/domain', 'node:timers/promises'] },
  exit: { values: ['src/domain'] },
  fetch: { values: [] },
  config: { values: ['src/domain', 'src/secret', 'dotenv', 'zod', 'node:*'] },
  secrets: { values: ['src/domain', 'src/secret', 'node:*'] },

  stripe: {
    values: ['src/domain', 'src/fetch', 'stripe', 'zod', 'node:*'],
    types: ['src/config'],
  },
  blnk: {
    values: ['src/at-once', 'src/domain', 'axios', 'p-limit', 'zod', 'node:*'],
    types: ['src/config', 'src/secret'],
  },
  store: { values: ['src/domain', 'pg', 'node-pg-migrate', 'node:*'] },

  // The ledger is reached through the interface in domain, whichever of its two forms it is.
  engine: {
    values: ['src/at-once', 'src/domain', 'src/store', 'p-limit', 'node:*'],
    types: ['src/config', 'src/logger', 'src/stripe'],
  },
  // The engine under Temporal's names, and what becomes of its errors there.
  activities: {
    values: ['src/domain', 'src/engine', 'src/store', '@temporalio/activity'],
  },
  workflows: {
    values: ['src/domain', '@temporalio/workflow'],
    types: ['src/activities', 'src/engine'],
  },

  temporal: {
    values: [
      'src/domain',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/envconfig',
    ].concat('@temporalio/worker', 'node:*'),
    types: ['src/store', 'src/workflows'],
  },
  // `npm start`, wing by wing: the others know `process` alone, and `run` knows them all.
  'local/process': { values: ['src/domain', 'zod', 'node:*'] },
  'local/state': { values: ['src/domain', 'src/local/process', 'zod', 'node:*'] },
  'local/postgres': {
    values: ['src/domain', 'src/local/process', 'src/store', '@electric-sql/pglite', 'node:*'],
  },
  'local/temporal': {
    values: [
      ...['src/domain', 'src/exit', 'src/local/process', 'src/temporal', 'node:*'],
      ...['@temporalio/client', '@temporalio/common', '@temporalio/testing'],
    ],
  },
  'local/run': {
    values: [
      ...['src/checks', 'src/config', 'src/domain', 'src/exit'],
      ...['src/engine/dry-run', 'src/engine/instance-settings', 'src/instances', 'src/store'],
      ...['src/local/postgres', 'src/local/process', 'src/local/state', 'src/local/temporal'],
      ...['src/temporal', 'zod', 'node:*'],
    ],
    types: ['@temporalio/client'],
  },
  // The life of connected instances, whoever asks for it: the server or a command.
  instances: {
    values: [
      ...['src/blnk', 'src/checks', 'src/config', 'src/domain', 'src/engine', 'src/loop'],
      ...['src/secret', 'src/secrets', 'src/store', 'src/stripe', 'src/temporal', 'node:*'],
    ],
    types: ['src/logger', '@temporalio/client'],
  },
  // Finds what is wrong and tells it, in whichever program runs its loop.
  alerts: {
    values: [
      ...['src/blnk', 'src/checks', 'src/domain', 'src/fetch', 'src/instances', 'src/loop'],
      ...['src/store', 'src/temporal'],
    ],
    types: [...['src/config', 'src/logger', 'src/secret', 'src/secrets'], '@temporalio/client'],
  },
  checks: {
    values: ['src/domain', 'src/engine', 'src/store', 'src/temporal', 'node:*'],
    types: ['src/config', 'src/stripe', '@temporalio/client'],
  },
  // What all routes share; what they do is found in instances.
  http: {
    values: ['src/domain', 'fastify', '@fastify/helmet', '@fastify/rate-limit', 'node:*'],
    types: ['src/logger', 'src/secret', 'zod'],
  },
  // Pages as functions of what is known; routes send them.
  portal: {
    values: [
      ...['src/config', 'src/domain', 'src/instances', 'src/store', 'src/temporal'],
      ...['zod', 'node:*'],
    ],
    types: ['src/secret', '@temporalio/client'],
  },
  'http/routes': {
    values: [
      ...['src/checks', 'src/domain', 'src/http', 'src/instances', 'src/portal', 'src/secret'],
      ...['src/store', '@fastify/cookie', '@fastify/formbody', 'zod'],
    ],
    types: ['src/logger', 'fastify'],
  },
  commands: {
    values: [
      ...['src/alerts', 'src/checks', 'src/config', 'src/domain', 'src/engine', 'src/exit'],
      ...['src/instances', 'src/local/state', 'src/logger', 'src/secret', 'src/store'],
      ...['src/temporal', '@temporalio/client', 'commander', 'node:*'],
    ],
    types: ['src/stripe', 'src/workflows'],
  },

  // The programs wire the rest: each knows the folders that it runs, and of the engine the way in.
  client: {
    values: [
      ...['src/commands', 'src/config', 'src/domain', 'src/exit', 'commander'],
      ...['node:fs', 'node:path'],
    ],
  },
  start: { values: ['src/exit', 'src/local/run'] },
  server: {
    values: [
      ...['src/alerts', 'src/checks', 'src/config', 'src/domain'],
      ...['src/engine/instance-settings', 'src/exit', 'src/http', 'src/http/routes'],
      ...['src/instances', 'src/local/process/entry', 'src/logger', 'src/patience', 'src/store'],
      'src/temporal',
    ],
  },
  worker: {
    values: [
      ...['src/activities', 'src/alerts', 'src/config', 'src/domain', 'src/exit', 'src/instance'],
      ...['src/engine/instance-settings', 'src/instances', 'src/local/process/entry'],
      ...['src/logger', 'src/patience', 'src/secrets', 'src/store', 'src/temporal'],
      ...['@temporalio/client', '@temporalio/worker', 'node:timers/promises'],
    ],
  },
  instance: {
    values: ['src/domain', 'src/engine/deps', 'src/instances', 'src/temporal'],
    types: ['src/logger', 'src/store', '@temporalio/client'],
  },

  // Shares nothing with the rest, so that it shares none of its mistakes.
  sandbox: { values: ['zod', 'node:*'] },
};

/** Files that may do what their folder may not. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/domain/ids.ts': ['node:crypto'],
};

const files = filesUnder('src', 'sandbox').filter((file) => file.endsWith('.ts'));
const sources = new Map(files.map((file) => [file, parseSource(file)]));

function layerOf(file: string): string {
  if (file.startsWith('sandbox/')) return 'sandbox';
  const wing = /^src\/(local\/[a-z]+|http\/routes)\//.exec(file)?.[1];
  if (wing !== undefined) return wing;
  return file.split('/')[1]!.replace(/\.ts$/, '');
}

/** What a file imports, each as a file of src or as a package. */
function targetsOf(file: string): (Import & { readonly target: string })[] {
  return importsOf(sources.get(file)!).map((found) => ({
    ...found,
    target: fileOf(file, found.specifier) ?? packageOf(found.specifier),
  }));
}

/** The files of ours that a file imports, itself too if it does. */
function ownTargetsOf(file: string): string[] {
  return [...new Set(targetsOf(file).map(({ target }) => target))].filter((target) =>
    sources.has(target),
  );
}

/** Ways along the arrows that come back to where they began: some of them, if there are any. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const begun = way.indexOf(file);
    if (begun !== -1) circles.push([...way.slice(begun), file].join(' '));
    if (begun !== -1 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** Of a folder, all but the folders in it that have a rule of their own. */
function matches(target: string, allowed: string): boolean {
  if (allowed === 'node:*') return target.startsWith('node:');
  if (target.startsWith(`${allowed}/`)) return placeOf(target).length <= allowed.length;
  return target === allowed || target === `${allowed}.ts`;
}

function placeOf(file: string): string {
  return layerOf(file) === 'sandbox' ? 'sandbox' : `src/${layerOf(file)}`;
}

function isAllowed(file: string, { kind, target }: { kind: Import['kind']; target: string }) {
  const { values, types = [] } = RULES[layerOf(file)]!;
  const allowed = [placeOf(file), ...values, ...(EXCEPTIONS[file] ?? [])];
  return [...allowed, ...(kind === 'type' ? types : [])].some((one) => matches(target, one));
}

/** Where a file uses a name for a value, not as the name of a property or of something of its own. */
function usesOf(file: string, name: string): ts.Node[] {
  const uses: ts.Node[] = [];
  walk(sources.get(file)!, (node) => {
    if (!ts.isIdentifier(node) || node.text !== name) return;
    if ('name' in node.parent && node.parent.name === node) return;
    uses.push(node.parent);
  });
  return uses;
}

describe('the arrows', () => {
  test('have a rule for every folder and file', () => {
    const layers = new Set(files.map(layerOf));
    expect([...layers].sort()).toEqual(Object.keys(RULES).sort());
  });

  test('all point the right way', () => {
    const wrong = files.flatMap((file) =>
      targetsOf(file)
        .filter((found) => !isAllowed(file, found))
        .map(({ kind, target }) => `${file} imports the ${kind} ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('are all used: none is allowed for nothing, nor as a value where a type is enough', () => {
    const idle = Object.entries(RULES).flatMap(([layer, { values, types = [] }]) => {
      const found = files.filter((file) => layerOf(file) === layer).flatMap(targetsOf);
      const isUsed = (allowed: string, ...kinds: Import['kind'][]) =>
        found.some(({ kind, target }) => kinds.includes(kind) && matches(target, allowed));
      return [
        ...values.filter((one) => !isUsed(one, 'value')).map((one) => `${layer}: ${one}`),
        ...types.filter((one) => !isUsed(one, 'type')).map((one) => `${layer}: the type ${one}`),
      ];
    });
    expect(idle).toEqual([]);
  });

  test('never lead back to a program', () => {
    const wiring = ['src/client.ts', 'src/server.ts', 'src/start.ts', 'src/worker.ts'];
    const importers = files.filter((file) =>
      targetsOf(file).some(({ target }) => wiring.includes(target)),
    );
    expect(importers).toEqual([]);
  });

  test('never lead in a circle, as types no more than as values', () => {
    expect(circlesIn(new Map(files.map((file) => [file, ownTargetsOf(file)])))).toEqual([]);
  });

  test('would be found to lead in a circle, of one file or of several', () => {
    const found = circlesIn(
      new Map([
        ['a', ['b', 'd']],
        ['b', ['c']],
        ['c', ['a']],
        ['d', ['d', 'c']],
        ['e', ['a']],
      ]),
    );
    expect(found).toEqual(['a b c a', 'd d']);
  });

  test('would be found to be wrong', () => {
    const wrong: [string, Import['kind'], string][] = [
      ['src/domain/money.ts', 'value', 'node:crypto'],
      ['src/domain/money.ts', 'type', 'src/store/db.ts'],
      ['src/store/db.ts', 'type', 'src/blnk/core.ts'],
      ['src/engine/lease.ts', 'value', '@temporalio/activity'],
      ['src/engine/lease.ts', 'value', 'src/stripe/client.ts'],
      ['src/engine/lease.ts', 'type', 'src/blnk/core.ts'],
      ['src/workflows/progress.ts', 'value', 'src/activities/index.ts'],
      ['src/workflows/progress.ts', 'type', 'zod'],
      ['src/temporal/syncs.ts', 'value', 'src/store/syncs.ts'],
      ['src/temporal/syncs.ts', 'value', 'src/local/process/child.ts'],
      ['src/local/state/state-folder.ts', 'value', 'src/local/temporal/server.ts'],
      ['src/http/service.ts', 'value', 'src/http/routes/portal.ts'],
      ['src/client.ts', 'value', 'src/local/process/child.ts'],
      ['src/server.ts', 'value', 'src/engine/posting/send-page.ts'],
      ['src/worker.ts', 'value', 'src/stripe/client.ts'],
      ['sandbox/json.ts', 'type', 'src/domain/money.ts'],
    ];
    expect(wrong.filter(([file, kind, target]) => isAllowed(file, { kind, target }))).toEqual([]);
  });
});

test('what the workflow bundle reaches is deterministic: domain and the workflow SDK, no Node', () => {
  const reached = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { kind, target } of targetsOf(file)) {
      if (kind === 'type') continue;
      if (sources.has(target)) visit(target);
      else packages.add(target);
    }
  };
  visit('src/workflows/index.ts');
  expect(reached.size).toBeGreaterThan(3);
  expect([...packages]).toEqual(['@temporalio/workflow']);
});

test('nothing of src imports a stand-in', () => {
  const importers = files.filter(
    (file) =>
      layerOf(file) !== 'sandbox' &&
      targetsOf(file).some(({ target }) => target.startsWith('sandbox/')),
  );
  expect(importers).toEqual([]);
});

test('only the boundary of the activities and workflows make ApplicationFailures', () => {
  const makers = files.filter((file) =>
    usesOf(file, 'ApplicationFailure').some(
      (use) => ts.isPropertyAccessExpression(use) || ts.isNewExpression(use),
    ),
  );
  expect(makers.filter((file) => layerOf(file) !== 'workflows')).toEqual([
    'src/activities/boundary.ts',
  ]);
});

test('only src/config.ts reads the environment', () => {
  const readers = files.filter((file) => {
    const imported = targetsOf(file).some(({ target }) => target === 'node:process');
    // Anything but `process.<name>` could hand the environment on under another name.
    const isReading = (use: ts.Node) =>
      !ts.isPropertyAccessExpression(use) || use.name.text === 'env';
    return imported || usesOf(file, 'process').some(isReading);
  });
  expect(readers).toEqual(['src/config.ts']);
});

test('only src/fetch.ts calls Node’s fetch, which can go on after its signal', () => {
  const callers = files.filter((file) =>
    usesOf(file, 'fetch').some((use) => ts.isCallExpression(use)),
  );
  // `npm start` asks its own stand-ins.
  const others = callers.filter((file) => !['sandbox', 'local/run'].includes(layerOf(file)));
  expect(others).toEqual(['src/fetch.ts']);
});

test('every package that a program imports is a declared dependency', () => {
  const { dependencies } = JSON.parse(readText('package.json')) as {
    dependencies: Record<string, string>;
  };
  const used = new Set(
    files
      .flatMap(targetsOf)
      .map(({ target }) => target)
      .filter((target) => !/^(node:|src\/|sandbox\/)/.test(target)),
  );
  expect([...used].filter((name) => !(name in dependencies))).toEqual([]);
});
