// Runs a program of this folder from its TypeScript: `node bench/run.js main ledger --quick`. The
// programs import src as it is; what they start (worker, database, stand-ins) comes from dist.
const { join } = require('node:path');
const { transformFileSync } = require('@swc/core');

const configFile = join(__dirname, '..', '.swcrc');
require.extensions['.ts'] = (module, file) =>
  module._compile(transformFileSync(file, { configFile }).code, file);

const [program] = process.argv.splice(2, 1);
require(join(__dirname, program));
