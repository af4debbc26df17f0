/** The project's own files, and what a source file imports: as a value or only as a type. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

export const ROOT = join(__dirname, '..', '..');

/** Files under these folders as paths from the root, with forward slashes. */
export function filesUnder(...folders: string[]): string[] {
  return folders
    .map((folder) => join(ROOT, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function parseSource(file: string, text = readText(file)): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Calls `visit` for every node, depth first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export interface Import {
  readonly kind: 'value' | 'type';
  /** As written: `../domain/errors`, `zod`. */
  readonly specifier: string;
}

/** Every way in which a module can be named: import, export from, import(), require, import types. */
export function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (kind: Import['kind'], specifier: ts.Node | undefined) => {
    if (specifier && ts.isStringLiteralLike(specifier)) {
      imports.push({ kind, specifier: specifier.text });
    }
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(isTypeOnlyImport(node.importClause) ? 'type' : 'value', node.moduleSpecifier);
    } else if (ts.isExportDeclaration(node)) {
      add(isTypeOnlyExport(node) ? 'type' : 'value', node.moduleSpecifier);
    } else if (
      ts.isImportEqualsDeclaration(node) &&
      ts.isExternalModuleReference(node.moduleReference)
    ) {
      add(node.isTypeOnly ? 'type' : 'value', node.moduleReference.expression);
    } else if (ts.isImportTypeNode(node)) {
      add('type', ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    } else if (ts.isCallExpression(node) && isLoading(node)) {
      add('value', node.arguments[0]);
    }
  });
  return imports;
}

/** `import './x'` has no clause and runs the module; `import {} from` does not exist here. */
function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name || !namedBindings || ts.isNamespaceImport(namedBindings)) return false;
  return allTypes(namedBindings.elements);
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  return (
    exportClause !== undefined && ts.isNamedExports(exportClause) && allTypes(exportClause.elements)
  );
}

function allTypes(elements: readonly { readonly isTypeOnly: boolean }[]): boolean {
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

/** import(…), require(…) and require.resolve(…). A function of ours may be called `require` as well. */
function isLoading({ expression: callee, arguments: given }: ts.CallExpression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  const called = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  return ts.isIdentifier(called) && called.text === 'require' && given.length === 1;
}

/** The file that a relative specifier means, or undefined for a package. */
export function fileOf(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const base = join(dirname(importer), specifier).split(sep).join('/').replace(/\.js$/, '');
  const isFolder = existsSync(join(ROOT, `${base}/index.ts`));
  return isFolder ? `${base}/index.ts` : `${base}.ts`;
}

/** `@scope/name` or `name` of a package, without the path inside it; Node's own stay as they are. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
