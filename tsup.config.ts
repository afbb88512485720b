import { cpSync, existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';

/** One build for every package; each runs it from its own folder. */
export default defineConfig((cli) => ({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: cli.dts ?? true,
  sourcemap: true,
  clean: true,
  target: 'node20',
  platform: 'node',
  shims: true,
  // SQL and Lua stay files: they are read at run time from beside the code.
  async onSuccess() {
    for (const entry of existsSync('src') ? readdirSync('src') : []) {
      if (entry === 'sql' || entry === 'lua' || entry === 'migrations' || entry === 'assets')
        cpSync(`src/${entry}`, `dist/${entry}`, { recursive: true });
    }
  },
}));
