/** What every file keeps to, so that the next reader finds things where they are expected. */
import ts from 'typescript';
import { filesUnder, parseSource, readText, walk } from '../support/source-files';

const vendored = /^test\/(vendor|replay\/histories)\//;
const files = filesUnder('src', 'sandbox', 'test', 'bench', 'scripts', 'docs').filter(
  (file) => !vendored.test(file),
);
const sources = files.filter((file) => file.endsWith('.ts'));

test('no source file is longer than 400 lines', () => {
  const long = sources.filter((file) => readText(file).trimEnd().split('\n').length > 400);
  expect(long).toEqual([]);
});

test('files and folders are named in kebab-case', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const misnamed = files.filter((file) =>
    file
      // Migrations carry their number in front: they run in that order.
      .replace(/\/\d{4}_/, '/')
      .replace(/\/README\.md$/, '')
      .replace(/(\.test)?\.[a-z]+$/, '')
      .split('/')
      .some((part) => !kebab.test(part)),
  );
  expect(misnamed).toEqual([]);
});

test('nothing is a default export: each thing has one name everywhere', () => {
  const exporting = new Set<string>();
  for (const file of sources.filter((source) => /^(src|sandbox)\//.test(source))) {
    walk(parseSource(file), (node) => {
      const isModifier = node.kind === ts.SyntaxKind.DefaultKeyword;
      const isRenamed = ts.isExportSpecifier(node) && node.name.text === 'default';
      if (isModifier || isRenamed || ts.isExportAssignment(node)) exporting.add(file);
    });
  }
  expect([...exporting]).toEqual([]);
});

test('nothing is left to be done in a comment', () => {
  const marker = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);
  expect(files.filter((file) => marker.test(readText(file)))).toEqual([]);
});

test('every file of src and sandbox says at its top what it owns', () => {
  const silent = sources.filter(
    (file) => /^(src|sandbox)\//.test(file) && !/^(#!.*\n)?\/[/*]/.test(readText(file)),
  );
  expect(silent).toEqual([]);
});
