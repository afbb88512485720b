// `pnpm packed`: packs every published package, installs the tarballs with npm into a project outside of the workspace, as a user would, and uses
// them there: as ES modules and as CommonJS, under the module resolutions `node16` and `bundler`, on each supported Node.
import { execFileSync } from 'node:child_process';
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
  installInto(work, packed);
  const compiled = ['module', 'commonjs'].map((type) => compile(type, packed));
  for (const { binary, version } of nodes())
    for (const { folder, type } of compiled) {
      for (const program of ['imports.js', 'smoke.js']) run(binary, [join('out', program)], folder);
      console.log(`Node ${version}, ${type}: ok`);
    }
  console.log(`${packed.length} packages install and work outside of the workspace.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** One installation serves all projects below it. Frameworks come as npm chooses them for our peer dependencies. */
function installInto(folder, packed) {
  writeJson(join(folder, 'package.json'), {
    private: true,
    dependencies: Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:./${basename(tarball)}`])),
    devDependencies: {
      ...pick(join(root, 'package.json'), ['typescript', '@types/node']),
      ...pick(join(root, 'packages/adapters/express/package.json'), ['@types/express']),
      ...pick(join(root, 'packages/adapters/koa/package.json'), ['@types/koa']),
    },
  });
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], folder);
}

function pick(file, names) {
  const { devDependencies } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
}

/** A project of this module type: checked under both resolutions, compiled under node16. */
function compile(type, packed) {
  const folder = join(work, type);
  mkdirSync(folder);
  cpSync(sources, folder, { recursive: true });
  writeJson(join(folder, 'package.json'), { private: true, type });
  writeFileSync(join(folder, 'imports.ts'), importsOf(packed));
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const compilerOptions = { ...strict, target: 'es2022', lib: ['es2023'], types: ['node'], skipLibCheck: true };
  const projects = {
    node16: { module: 'node16', moduleResolution: 'node16', outDir: 'out' },
    bundler: { module: 'preserve', moduleResolution: 'bundler', noEmit: true },
  };
  for (const [resolution, more] of Object.entries(projects)) {
    const config = `tsconfig.${resolution}.json`;
    writeJson(join(folder, config), { compilerOptions: { ...compilerOptions, ...more }, include: ['*.ts'] });
    run(process.execPath, [join(work, 'node_modules/typescript/bin/tsc'), '-p', config], folder);
    console.log(`Types, ${type}, ${resolution}: ok`);
  }
  return { folder, type };
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
