/**
 * `npm run bench -- <name>`: runs benchmarks and prints their figures, as a table or with --json one
 * line each on standard output. A goal that is not met is a result; only what fails ends with 1.
 */
import { parseArgs } from 'node:util';
import { callback } from './callback';
import type { Context } from './context';
import { cost } from './cost';
import { toJsonLine, toTable, type Figure } from './figures';
import { ledger } from './ledger';
import { describeMachine, load } from './machine';
import { million } from './million';
import { movements } from './movements';
import { proof } from './proof';
import { read } from './read';
import { resync } from './resync';
import { tenants } from './tenants';
import { closeEverything, isClosing } from './world';

const BENCHMARKS: Readonly<Record<string, (context: Context) => Promise<Figure[]>>> = {
  ledger,
  cost,
  read,
  million,
  tenants,
  resync,
  callback,
  movements,
  proof,
};

const USAGE = `Usage: npm run bench -- <${Object.keys(BENCHMARKS).join(' | ')} | all> [--quick] [--json]
  --core-url URL  ledger, movements: a real Blnk Core, its key in BLNK_CORE_KEY. It keeps what is posted.
  --distance MS   round trip from worker and server to Postgres and Temporal
  Example: npm run bench -- ledger --quick`;

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { names, json, context } = readArguments();
  const { distanceMs } = context;
  const away = distanceMs > 0 ? `, Postgres and Temporal ${distanceMs} ms away` : '';
  const machine = describeMachine() + away;
  say(machine);
  const figures: Figure[] = [];
  for (const name of names) {
    const before = load();
    const began = performance.now();
    say(`${name}: begins, load ${before}`);
    const measured = await BENCHMARKS[name]!(context);
    const took = Math.round((performance.now() - began) / 1000);
    const after = load();
    say(`${name}: ${took} s, load ${after}`);
    for (const one of measured) {
      const noted = { ...one, detail: `${one.detail} [load ${before} to ${after}; ${machine}]` };
      if (json) process.stdout.write(`${toJsonLine(noted)}\n`);
      // The machine stands above the table.
      figures.push({ ...one, detail: `${one.detail} [load ${before} to ${after}]` });
    }
  }
  if (!json) process.stdout.write(`${machine}\n\n${toTable(figures)}\n`);
}

function readArguments(): { names: string[]; json: boolean; context: Context } {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'core-url': { type: 'string' },
      distance: { type: 'string', default: '0' },
    },
    allowPositionals: true,
  });
  const names = positionals[0] === 'all' ? Object.keys(BENCHMARKS) : positionals;
  if (names.length === 0 || !names.every((name) => name in BENCHMARKS)) throw new Error(USAGE);
  const url = values['core-url'];
  // Never an argument: those can be seen by every user of the machine.
  const apiKey = process.env['BLNK_CORE_KEY'];
  const takesCore = names.every((name) => name === 'ledger' || name === 'movements');
  if (url !== undefined && (apiKey === undefined || !takesCore)) throw new Error(USAGE);
  const core = url !== undefined && apiKey !== undefined ? { url, apiKey } : undefined;
  const distanceMs = Number(values.distance);
  if (!Number.isInteger(distanceMs) || distanceMs < 0) throw new Error(USAGE);
  return { names, json: values.json, context: { quick: values.quick, core, distanceMs, say } };
}

let ending: Promise<void> | undefined;

function end(code: number): void {
  ending ??= closeEverything().finally(() => process.exit(code));
}

function fail(error: unknown): void {
  if (ending === undefined) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  end(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say(`${signal}: ending what was started`);
    end(130);
  });
}
process.on('uncaughtException', (error) => {
  if (!isClosing()) fail(error);
});
main().then(() => end(0), fail);
