import { importsOf, parseSource, type Import } from '../support/source-files';

describe('reading imports', () => {
  test.each<[string, Import['kind']]>([
    ["import './x'", 'value'],
    ["import x from './x'", 'value'],
    ["import * as x from './x'", 'value'],
    ["import { a } from './x'", 'value'],
    ["import { type a, b } from './x'", 'value'],
    ["import x, { type a } from './x'", 'value'],
    ["import x = require('./x')", 'value'],
    ["export * from './x'", 'value'],
    ["export { type a, b } from './x'", 'value'],
    ["const x = await import('./x')", 'value'],
    ["const x = require('./x')", 'value'],
    ["const x = require.resolve('./x')", 'value'],
    ["import type x from './x'", 'type'],
    ["import type { a } from './x'", 'type'],
    ["import type * as x from './x'", 'type'],
    ["import { type a, type b } from './x'", 'type'],
    ["import type x = require('./x')", 'type'],
    ["export type { a } from './x'", 'type'],
    ["export type * from './x'", 'type'],
    ["export { type a } from './x'", 'type'],
    ["let x: import('./x').a", 'type'],
    ["let x: typeof import('./x')", 'type'],
  ])('%s is of the kind %s', (text, kind) => {
    expect(importsOf(parseSource('src/a.ts', text))).toEqual([{ kind, specifier: './x' }]);
  });

  test('what only looks like an import is none', () => {
    const text = "// import './x'\nconst x = \"import './x'\"; export { x }; other('./x');";
    expect(importsOf(parseSource('src/a.ts', text))).toEqual([]);
  });
});
