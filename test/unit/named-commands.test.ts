/** Every command and option that a text names is there: a next step that does not exist leaves its reader alone. */
import { Command } from 'commander';
import { addCheck } from '../../src/commands/check';
import { addCloud } from '../../src/commands/cloud';
import { addExplain } from '../../src/commands/explain';
import { addInstances } from '../../src/commands/instances';
import { addKeys } from '../../src/commands/keys';
import { addMigrate } from '../../src/commands/migrate';
import { addMovements } from '../../src/commands/movements';
import { addProofs } from '../../src/commands/proofs';
import { addReconcile } from '../../src/commands/reconcile';
import { addRepair } from '../../src/commands/repair';
import { addQuarantine } from '../../src/commands/quarantine';
import { addSchedules } from '../../src/commands/schedules';
import { addStatus } from '../../src/commands/status';
import { addSuspense } from '../../src/commands/suspense';
import { addSync } from '../../src/commands/sync';
import { addSyncs } from '../../src/commands/syncs';
import { VERBS } from '../../src/commands/program';
import { ERRORS } from '../../src/domain/error-table';
import { PROBLEMS } from '../../src/domain/problems';
import { REASONS } from '../../src/domain/reasons';
import { HELP } from '../../src/local/run/arguments';
import { filesUnder, readText } from '../support/source-files';

const program = new Command();
const ADDED = [
  addCheck,
  addSync,
  addStatus,
  addSyncs,
  addReconcile,
  addRepair,
  addProofs,
  addExplain,
  addQuarantine,
  addMovements,
  addSuspense,
  addSchedules,
  addInstances,
  addKeys,
  addCloud,
  addMigrate,
];
for (const add of ADDED) add(program, () => Promise.resolve());

test('every verb of the table is among those that texts are held against', () => {
  expect(program.commands.map((command) => command.name())).toEqual(VERBS.map(({ name }) => name));
});

const VERB = VERBS.map(({ name }) => name).join('|');

/** Calls within a text, such as `sync --from 2026-01-01 --to …`: between backticks, or after "npm run cli --". */
function callsIn(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, call = '']) => call);
  const copied = [...text.matchAll(/^(?:\$ )?(npm (?:run|start)[^#\n]*)/gm)].map(([, c = '']) => c);
  return [...quoted, ...copied].flatMap((call) => call.split(/, | \/ /)).map((call) => call.trim());
}

/** What is wrong with a call; undefined: nothing, or it is none. */
function faultOf(call: string): string | undefined {
  const start = /^npm start(?: --silent)?(?: -- (.*))?$/.exec(call);
  if (start) return optionsOf(start[1] ?? '').find((option) => !HELP.includes(option));
  const words = call
    .replace(/^npm run (?:--silent )?cli --( |$)/, '')
    .replace(/"[^"]*"/g, 'text')
    .split(/\s+/);
  if (!new RegExp(`^(${VERB})$`).test(words[0] ?? '')) return undefined;
  let at = program;
  while (words.length > 0 && at.commands.length > 0) {
    const [word = ''] = words;
    if (word === 'help') return undefined;
    const child = at.commands.find((command) => command.name() === word);
    if (!child) return word.startsWith('-') || /^[a-z]+$/.test(word) ? word : undefined;
    at = child;
    words.shift();
  }
  const known = ['--help', ...at.options.map(({ long }) => long)];
  return optionsOf(words.join(' ')).find((option) => !known.includes(option));
}

function optionsOf(text: string): string[] {
  return text.split(/\s+/).flatMap((word) => (/^-{1,2}[a-z][a-z-]*$/.exec(word) ? [word] : []));
}

const faultsIn = (text: string) =>
  callsIn(text).flatMap((call) => {
    const fault = faultOf(call);
    return fault === undefined ? [] : [`${call}: ${fault}`];
  });

test.each([
  ['`sync --form 2026-01-01`', '--form'],
  ['`sync -plan`', '-plan'],
  ['`quarantine end pi_1`', 'end'],
  ['`quarantine close pi_1 --reason "why" --note x`', '--note'],
  ['npm start -- --planned', '--planned'],
  ['npm run cli -- syncs cancel --hard', '--hard'],
])('%s would be found', (text, fault) => {
  expect(faultsIn(text)).toEqual([expect.stringMatching(new RegExp(`: ${fault}$`))]);
});

test.each([
  'README.md',
  'SECURITY.md',
  ...['alerts', 'cli', 'database', 'deployment', 'errors', 'guarantees', 'portal', 'security'].map(
    (name) => `docs/${name}.md`,
  ),
  'docs/upgrading.md',
])('%s names only commands and options that are there', (name) => {
  const text = readText(name);
  expect(callsIn(text).length).toBeGreaterThan(0);
  expect(faultsIn(text)).toEqual([]);
});

test('every script that a document names is one of package.json', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const documents = [
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    ...filesUnder('docs', '.github', 'test/support').filter((file) => /\.(md|yml)$/.test(file)),
  ];
  const named = documents.flatMap((file) =>
    [...readText(file).matchAll(/npm run (?:--silent )?([a-z][a-z:]*)/g)].map(
      ([, name = '']) => name,
    ),
  );
  expect(named).toEqual(expect.arrayContaining(['check', 'dev']));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test.each([
  ['errors', ERRORS],
  ['reasons', REASONS],
  ['problems', PROBLEMS],
] as const)('next steps of %s name only commands and options that are there', (_name, table) => {
  const texts = Object.values(table).map(({ what, next }) => `${what}\n${next}`);
  expect(texts.flatMap(faultsIn)).toEqual([]);
});

test('nor does any other text of the program name another one', () => {
  const texts = filesUnder('src')
    .filter((file) => file.endsWith('.ts'))
    .map(readText);
  // Of a template what is filled in may be anything; the quotes of a comment are as good as those of a text.
  const faults = texts.flatMap((text) => {
    const calls = [...text.matchAll(/`((?:npm run cli -- |npm start -- )?[a-z][^`$\n]*)`/g)];
    const hints = [...text.matchAll(/\$\{CALLED\} ([^`$\n]+)/g)];
    return [...calls, ...hints].flatMap(([, call = '']) => faultsIn(`\`${call.trim()}\``));
  });
  expect(faults).toEqual([]);
});
