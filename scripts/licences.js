// `npm run licences`: the packages that an installation runs with, by licence, from the lockfile. Ends with 1
// when one has a licence that is not known to permit it.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** They ask for no more than their text, which each package carries. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
];
PERMISSIVE.push('CC-BY-4.0', 'ISC', 'MIT', 'Python-2.0', 'Unlicense', 'PostgreSQL');

/** Read in the package itself, where the lockfile does not say. */
const READ = { unionfs: 'Unlicense' };

/** Of "(A OR B)" one is enough, of "A AND B" each is needed. */
function isPermissive(licence) {
  const parts = licence.replace(/[()]/g, '').split(/ (?:OR|AND) /);
  const known = (part) => PERMISSIVE.includes(part);
  return licence.includes(' AND ') ? parts.every(known) : parts.some(known);
}

function licencesOf(lockfile) {
  const byLicence = new Map();
  for (const [path, { dev, version, license }] of Object.entries(lockfile.packages)) {
    if (path === '' || dev === true) continue;
    const name = path.split('node_modules/').at(-1);
    const licence = license ?? READ[name] ?? 'unknown';
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), `${name} ${version}`]);
  }
  return new Map([...byLicence].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function main() {
  const file = join(__dirname, '..', 'package-lock.json');
  for (const [licence, names] of licencesOf(JSON.parse(readFileSync(file, 'utf8')))) {
    const refused = isPermissive(licence) ? '' : ' (not known to be permissive)';
    process.stdout.write(
      `${licence}${refused}, ${names.length}:\n  ${names.sort().join('\n  ')}\n`,
    );
    if (refused !== '') process.exitCode = 1;
  }
}

main();
