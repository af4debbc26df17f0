// `npm run check`: what `npm run lint`, `typecheck` and `test:unit` ask for, two commands at a time, in seconds where
// little has changed. ESLint's cache knows a file by its own text: a type that another file has changed shows in
// `npm run lint`.
const { spawn } = require('node:child_process');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');
const { scripts } = require('../package.json');

const CACHE = join('node_modules', '.cache', 'check');

const COMMANDS = ['lint', 'typecheck', 'test:unit'].flatMap((name) => scripts[name].split(' && '));

/** How each program keeps what it has found to be well. */
function cached(command) {
  const [program] = command.split(' ');
  const place = join(CACHE, command.replaceAll(/[^a-z]+/g, '-'));
  if (program === 'eslint' || program === 'prettier') {
    return `${command} --cache --cache-strategy content --cache-location ${place}`;
  }
  return program === 'tsc' ? `${command} --incremental --tsBuildInfoFile ${place}` : command;
}

/** Runs one to its end; what it says is of interest only where it fails. */
async function passes(command) {
  const began = performance.now();
  const child = spawn(cached(command), { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => output.push(part));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
  const verdict = code === 0 ? 'ok    ' : 'FAILED';
  process.stdout.write(`${verdict} ${seconds} s  ${command}\n`);
  if (code !== 0) process.stdout.write(Buffer.concat(output));
  return code === 0;
}

async function check() {
  const waiting = [...COMMANDS];
  let failed = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!(await passes(next))) failed += 1;
    }
  };
  await Promise.all([work(), ...(availableParallelism() > 1 ? [work()] : [])]);
  process.stdout.write(`${COMMANDS.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void check();
