import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const exclude = ['**/node_modules/**', '**/dist/**'];

function subfolders(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

/** A folder's package name; undefined for a folder that is no package (yet). */
function packageName(folder: string): string | undefined {
  const manifest = join(root, folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { name }: { name?: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return name;
}

// A project inherits nothing from the root (`extends` would repeat globalSetup in each), so each says all it needs.
function project(name: string, folder: string, include: string[]) {
  return {
    test: { name, root: join(root, folder), include, exclude, testTimeout: 90_000, hookTimeout: 120_000 },
  };
}

function projectsOf(folders: string[], include: string[]) {
  return folders.flatMap((folder) => {
    const name = packageName(folder);
    return name === undefined ? [] : [project(name, folder, include)];
  });
}

const packages = [
  'packages/core',
  ...['adapters', 'stores', 'providers', 'tools'].flatMap((room) => subfolders(`packages/${room}`)),
];

export default defineConfig({
  test: {
    globalSetup: ['./tools/services.ts'],
    // Vitest leaves one core unused by default, which is half of a small CI machine.
    maxWorkers: '100%',
    // Tests take fake and real servers down with them; a file that hangs after its last test is a leak worth seeing soon.
    teardownTimeout: 10_000,
    projects: [
      ...projectsOf(packages, ['src/**/*.test.ts', 'test/**/*.test.ts']),
      ...projectsOf([...subfolders('examples'), 'benchmarks'], ['**/*.test.ts']),
      // Frameworks whose majors can't be installed side by side under aliases.
      'packages/adapters/*/majors/*/vitest.config.ts',
      project('tools', 'tools', ['**/*.test.ts']),
    ],
  },
});
