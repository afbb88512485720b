import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startEmulator } from '@tasklatch/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const program = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';

describe('the program in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-readme-'));
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  beforeAll(async () => {
    emulator = await startEmulator({ apiKey: 'sk-readme' });
  });
  afterAll(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is short', () => {
    expect(program.split('\n').length).toBeLessThanOrEqual(32);
  });

  it('works as it stands when it is pasted', async () => {
    const port = await freePort();
    writeFileSync(join(folder, 'app.mjs'), program);
    symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
    // The only thing that is not real is where api.apidot.ai lies.
    const redirect = `const real = globalThis.fetch; globalThis.fetch = (url, init) => real(String(url).replace('https://api.apidot.ai', '${emulator.url}'), init);`;
    writeFileSync(join(folder, 'redirect.mjs'), redirect);
    const tsx = pathToFileURL(join(here, 'node_modules/tsx/dist/loader.mjs')).href;
    const app = spawn(
      process.execPath,
      ['--import', tsx, '--import', pathToFileURL(join(folder, 'redirect.mjs')).href, 'app.mjs'],
      {
        cwd: folder,
        env: {
          ...process.env,
          PORT: String(port),
          PUBLIC_URL: `http://127.0.0.1:${port}`,
          APIDOT_API_KEY: 'sk-readme',
          TASKLATCH_SECRET: 'a secret of thirty-two characters or more',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let said = '';
    app.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    try {
      const order = {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user': 'ann' },
        body: JSON.stringify({ key: 'order-1', prompt: 'a paper boat' }),
      };
      const post = async () =>
        (await (await fetch(`http://127.0.0.1:${port}/pictures`, order)).json()) as { id: string };
      await expect
        .poll(
          () =>
            post().then(
              ({ id }) => id,
              () => '',
            ),
          { timeout: 15_000 },
        )
        .toMatch(/^tsk_/);
      const { id } = await post();
      const status = async () =>
        (
          (await (await fetch(`http://127.0.0.1:${port}/tasks/${id}`, { headers: { 'x-user': 'ann' } })).json()) as {
            status: string;
          }
        ).status;
      await expect.poll(status, { timeout: 15_000 }).toBe('succeeded');
      await expect.poll(() => said, { timeout: 10_000 }).toContain(`${id}:settled:1:handler-1 succeeded 1`);
      expect(emulator.counts().tasksMade).toBe(1);
      expect((await fetch(`http://127.0.0.1:${port}/tasks/${id}`, { headers: { 'x-user': 'bob' } })).status).toBe(404);
    } finally {
      app.kill();
      await once(app, 'exit');
    }
  }, 60_000);
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
