/** What an installation runs with may be used by everybody who may use us. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../support/source-files';

test('every package that an installation runs with has a permissive licence', () => {
  // Ends with 1 otherwise, which throws.
  const said = execFileSync(process.execPath, [join(ROOT, 'scripts', 'licences.js')], {
    encoding: 'utf8',
  });
  expect(said).toMatch(/^MIT, \d+:$/m);
  expect(said).not.toContain('not known');
});
