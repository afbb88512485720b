import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineProject } from 'vitest/config';

/**
 * Runs the adapter's own tests against the packages of another major: what the adapter and its tests import by name is taken from `folder`.
 * Nest's packages import each other by name, so npm aliases side by side can't do it.
 */
export function onMajor(folder: string) {
  const require = createRequire(join(folder, 'package.json'));
  const manifest: { name: string; devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  return defineProject({
    test: {
      name: `@tasklatch/nestjs on ${manifest.name}`,
      root: join(folder, '../..'),
      include: ['test/**/*.test.ts'],
      exclude: ['**/node_modules/**'],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      alias: Object.keys(manifest.devDependencies).map((name) => ({
        find: new RegExp(`^${name}$`),
        replacement: require.resolve(name),
      })),
      env: { NEST_MAJOR: manifest.name.replace('nest', '') },
    },
  });
}
