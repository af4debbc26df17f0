// The build: TypeScript to JavaScript by swc, the workflows in one bundle, and the files that programs read,
// so that `dist` stands alone. It checks no types; `npm run typecheck` does.
//
// A build is made beside the others in .build/, named by what it was made from, and `dist` is a link to one of
// them that is turned at once. So nothing is built that is there already, nobody sees half a build, and what
// runs keeps the files that it began with.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { dirname, join, relative } = require('node:path');

const ROOT = join(__dirname, '..');
const SRC = join(ROOT, 'src');
/** The stand-ins; an image is built without them. */
const SANDBOX = join(ROOT, 'sandbox');
const BUILDS = join(ROOT, '.build');
const DIST = join(ROOT, 'dist');

/** How many builds are kept: what runs may still load a file of its own, or start a part again. */
const KEPT = 10;

class BuildError extends Error {}

/**
 * Builds if `dist` is not what the sources say.
 * @param tell gets the pieces of a line when something is built
 * @throws BuildError
 */
async function ensureBuilt(tell) {
  // An image or a package has no sources, and is complete as it is.
  if (!fs.existsSync(SRC)) return;
  const files = [SRC, SANDBOX]
    .flatMap(listFiles)
    .map((file) => ({ file, content: fs.readFileSync(file) }));
  const versions = ['package.json', 'package-lock.json', 'scripts/build.js'].map((name) => ({
    file: join(ROOT, name),
    content: readIfThere(join(ROOT, name)),
  }));
  const build = join(BUILDS, digestOf([...versions, ...files]));
  if (isLinkTo(build)) return;
  try {
    if (!fs.existsSync(build)) await make(build, files, versions, tell);
    turnDist(build);
    prune(BUILDS, build);
  } catch (error) {
    throw explained(error);
  }
}

async function make(build, files, versions, tell) {
  const began = performance.now();
  const draft = `${build}.${process.pid}`;
  fs.mkdirSync(draft, { recursive: true });
  tell('Building (only after a change of the code) … ');
  try {
    const bundle = bundleWorkflows(files, versions);
    await Promise.all([...files.map((file) => emit(file, draft)), bundle]);
    fs.copyFileSync(await bundle, join(draft, 'workflow-bundle.js'));
    const { version } = JSON.parse(String(versions[0].content));
    fs.writeFileSync(join(draft, 'version'), version);
    settle(draft, build);
  } catch (error) {
    tell('\n');
    throw error;
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
  tell(`${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}

/** A file of src in the build, or of sandbox below dist/sandbox: compiled, or as it is. */
async function emit({ file, content }, draft) {
  const target = join(draft, relative(file.startsWith(SRC) ? SRC : ROOT, file));
  fs.mkdirSync(dirname(target), { recursive: true });
  if (!file.endsWith('.ts')) return fs.writeFileSync(target, content);
  const compiled = target.replace(/\.ts$/, '.js');
  const { code, map } = await require('@swc/core').transform(String(content), {
    filename: file,
    sourceFileName: relative(dirname(target), file),
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: true,
  });
  const name = compiled.slice(dirname(compiled).length + 1);
  fs.writeFileSync(compiled, `${code}//# sourceMappingURL=${name}.map\n`);
  fs.writeFileSync(`${compiled}.map`, map);
}

/** Kept by what it is made from: it takes seconds, and most changes are elsewhere. */
async function bundleWorkflows(files, versions) {
  const inputs = files.filter(({ file }) =>
    /^src\/(workflows|domain)\//.test(relative(ROOT, file)),
  );
  const folder = join(BUILDS, 'workflows');
  const bundle = join(folder, `${digestOf([...versions, ...inputs])}.js`);
  if (fs.existsSync(bundle)) return bundle;
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(SRC, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${bundle}.${process.pid}`, code);
  fs.renameSync(`${bundle}.${process.pid}`, bundle);
  prune(folder, bundle);
  return bundle;
}

/** Two that build the same at the same time end up with the same. */
function settle(draft, build) {
  try {
    fs.renameSync(draft, build);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function turnDist(build) {
  const link = `${DIST}.${process.pid}`;
  fs.rmSync(link, { force: true });
  fs.symlinkSync(relative(ROOT, build), link);
  // As versions before this one have left it.
  if (fs.lstatSync(DIST, { throwIfNoEntry: false })?.isDirectory()) {
    fs.rmSync(DIST, { recursive: true });
  }
  fs.renameSync(link, DIST);
  // The order in which builds are pruned.
  fs.utimesSync(build, new Date(), new Date());
}

/** `dist` as a folder of its own, as a package needs it: npm leaves links out. The next build makes it a link again. */
function unlinkDist() {
  const copy = `${DIST}.${process.pid}`;
  fs.cpSync(fs.realpathSync(DIST), copy, { recursive: true });
  fs.rmSync(DIST);
  fs.renameSync(copy, DIST);
}

function isLinkTo(build) {
  try {
    return fs.realpathSync(DIST) === fs.realpathSync(build);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return false;
  }
}

function prune(folder, current) {
  const age = (path) => fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const old = fs
    .readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== current && path !== join(BUILDS, 'workflows'))
    .sort((a, b) => age(b) - age(a))
    .slice(KEPT - 1);
  for (const path of old) fs.rmSync(path, { recursive: true, force: true });
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const { file, content } of files) {
    hash.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function listFiles(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
}

/** What a person can do about it, where that is known. */
function explained(error) {
  switch (error.code) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new BuildError(
        `The code has changed since it was built, or was never built, and ${ROOT} cannot be written (${error.code}). ` +
          'Run `npm run build` there as a user who may write to it.',
      );
    case 'ENOSPC':
      return new BuildError(`No space is left in ${ROOT} (ENOSPC).`);
    case 'MODULE_NOT_FOUND':
      return new BuildError('The packages are not installed. Run `npm ci`.');
    default:
      return error;
  }
}

module.exports = { BuildError, ensureBuilt, unlinkDist };
