// `node scripts/run.js <program> [arguments]`: builds when that is needed, then is that program of dist, in
// this process. `build` is the build alone, `package` makes of it what `npm pack` takes. What it refuses is said in
// one line.
const { join } = require('node:path');

async function run() {
  const [node, , name, ...args] = process.argv;
  if (process.platform === 'win32') {
    refuse('PLATFORM_UNSUPPORTED', 'This runs on Linux and macOS. On Windows, use WSL.');
    return;
  }
  if (!isSupported(process.versions.node)) {
    const { version } = process;
    refuse(
      'NODE_UNSUPPORTED',
      `Node.js 20.19, 22.13 or 24 and newer is needed; this is ${version}.`,
    );
    return;
  }
  // Only now: an older Node.js need not understand it.
  const { BuildError, ensureBuilt, unlinkDist } = require('./build.js');
  try {
    await ensureBuilt((text) => process.stderr.write(text));
  } catch (error) {
    refuse('BUILD_FAILED', error instanceof BuildError ? error.message : error.stack);
    return;
  }
  if (name === 'build') return;
  if (name === 'package') return void unlinkDist();
  const program = join(__dirname, '..', 'dist', `${name}.js`);
  process.argv = [node, program, ...args];
  require(program);
}

/** As "engines" of package.json. */
function isSupported(version) {
  const [major, minor] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major > 22;
}

function refuse(code, text) {
  process.stderr.write(`${code}: ${text}\n`);
  process.exitCode = 1;
}

void run();
