// `pnpm packed`: packs every published package, installs the tarballs with npm into a project outside of the workspace, as a user would, and uses
// them there: as ES modules and as CommonJS, under the module resolutions `node16` and `bundler`, on each supported Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { env, root } from './go/workspace.mjs';
import { nodes } from './packed/nodes.mjs';
import { packPackages } from './packed/pack-packages.mjs';

const sources = fileURLToPath(new URL('./packed/project', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'tasklatch-packed-'));
const run = (command, args, cwd) => execFileSync(command, args, { cwd, env, stdio: 'inherit' });
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

try {
  const packed = await packPackages(work);
  // Frameworks as npm chooses them for our peer dependencies, which is the newest; then the oldest that we support.
  const newest = install('newest', packed, {
    ...pick('express', ['@types/express']),
    ...pick('koa', ['@types/koa']),
  });
  const newestProjects = ['module', 'commonjs'].map((type) => compile(newest, type, packed));
  for (const { binary, version } of nodes())
    for (const project of newestProjects) use(project, binary, `Node ${version}, ${basename(project)}`);
  const oldest = install('oldest', packed, {
    ...pick('express', ['express4', '@types/express4']),
    ...pick('koa', ['koa2', '@types/koa2']),
    ...pick('fastify', ['fastify4']),
  });
  use(compile(oldest, 'module', packed), process.execPath, 'the oldest frameworks');
  console.log(`${packed.length} packages install and work outside of the workspace.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Installs the tarballs as a user does. One installation serves all projects below it. */
function install(name, packed, frameworks) {
  const folder = join(work, name);
  mkdirSync(folder);
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeJson(join(folder, 'package.json'), {
    private: true,
    dependencies: Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:../${basename(tarball)}`])),
    devDependencies: {
      typescript: devDependencies.typescript,
      '@types/node': devDependencies['@types/node'],
      ...frameworks,
    },
  });
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], folder);
  return folder;
}

/** What an adapter is tested with: `express4`, an alias there, is `express` here. */
function pick(adapter, names) {
  const manifest = join(root, 'packages/adapters', adapter, 'package.json');
  const { devDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.fromEntries(names.map((name) => [name.replace(/\d$/, ''), devDependencies[name]]));
}

function use(project, node, label) {
  for (const program of ['imports.js', 'smoke.js']) run(node, [join('out', program)], project);
  console.log(`${label}: ok`);
}

/** A project of this module type: checked under both resolutions, compiled under node16. */
function compile(installed, type, packed) {
  const folder = join(installed, type);
  mkdirSync(folder);
  cpSync(sources, folder, { recursive: true });
  writeJson(join(folder, 'package.json'), { private: true, type });
  writeFileSync(join(folder, 'imports.ts'), importsOf(packed));
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const compilerOptions = { ...strict, target: 'es2022', lib: ['es2023'], types: ['node'] };
  const projects = {
    node16: { module: 'node16', moduleResolution: 'node16', outDir: 'out' },
    bundler: { module: 'preserve', moduleResolution: 'bundler', noEmit: true },
  };
  for (const [resolution, more] of Object.entries(projects)) {
    const config = `tsconfig.${resolution}.json`;
    writeJson(join(folder, config), { compilerOptions: { ...compilerOptions, ...more }, include: ['*.ts'] });
    check(installed, folder, config);
    console.log(`Types, ${basename(installed)} frameworks, ${type}, ${resolution}: ok`);
  }
  return folder;
}

/** Our own declarations are checked too, which users do unless they skip library checks; what others' say about each other is not our business. */
function check(installed, folder, config) {
  const compiler = join(installed, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', config, '--pretty', 'false'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  const ours = stdout
    .split('\n')
    .filter((line) => /error TS/.test(line) && !/^[./]*node_modules\/(?!@tasklatch\/)/.test(line))
    // Nest 12 is for ES modules only, which `node16` holds against whatever CommonJS file names it.
    .filter((line) => !/@tasklatch\/nestjs.*TS1479/.test(line));
  if (ours.length > 0) throw new Error(`The types do not fit:\n${ours.join('\n')}`);
}

/** A program that loads every package there is, so that no new one is forgotten. */
function importsOf(packed) {
  // Vitest refuses to be loaded outside of a test run, and so does what imports it.
  const names = packed
    .filter(({ manifest }) => !('vitest' in (manifest.peerDependencies ?? {})))
    .map(({ name }) => name);
  const imports = names.map((name, index) => `import * as package${index} from '${name}';`);
  const checks = names.map(
    (name, index) => `if (Object.keys(package${index}).length === 0) throw new Error('${name} is empty');`,
  );
  return [...imports, ...checks, ''].join('\n');
}
