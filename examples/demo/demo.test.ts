import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Demo, startDemo } from './src/demo-app.js';
import { runScenarios } from './src/scenarios.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const folders: string[] = [];
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-demo-test-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('the demo', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo({ folder: freshFolder(), port: 0 });
  });
  afterAll(() => demo.stop());

  it('settles each scenario once and runs each effect once', async () => {
    for (const row of await runScenarios(demo)) expect(row).toMatchObject({ wrong: '', effects: 1 });
  }, 120_000);

  it('answers what is wrong with a wish, and hides nothing but what it must', async () => {
    const post = (body: unknown) =>
      fetch(`${demo.url}/wishes`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    expect((await post({ prompt: '', family: 'image' })).status).toBe(400);
    expect((await post({ prompt: 'x', family: 'poem' })).status).toBe(400);
    expect((await fetch(`${demo.url}/ledgers/tsk_nobody`)).status).toBe(404);
  });

  const browserPath = inject('chromiumPath');
  it.skipIf(browserPath === null)(
    'shows a person the task going through its statuses, its ledger, and the picture',
    async () => {
      let browser: Browser | undefined;
      try {
        browser = await chromium.launch({ executablePath: browserPath ?? '', args: FLAGS });
        const page = await browser.newPage();
        const troubles: string[] = [];
        page.on('pageerror', (error) => troubles.push(error.message));
        await page.goto(demo.url);
        await page.fill('#prompt', 'A violet lighthouse at dawn');
        await page.getByText('Send the callback 5 times').click();
        await page.getByText('Forge a callback').click();
        const card = page.locator('article').first();
        const seen = new Set<string>();
        await page.click('#go');
        await page.locator('article h2', { hasText: 'A violet lighthouse at dawn' }).waitFor();
        for (const end = Date.now() + 25_000; Date.now() < end && !seen.has('succeeded'); await rest(50))
          seen.add((await card.getAttribute('data-status')) ?? '');
        expect([...seen].filter((status) => status !== '' && status !== 'null')).toEqual([
          'pending',
          'running',
          'succeeded',
        ]);
        const picture = card.locator('.media img');
        await picture.waitFor();
        // A picture that was really decoded, not a broken link.
        await expect
          .poll(() => picture.evaluate((image) => ('naturalWidth' in image ? Number(image.naturalWidth) : 0)))
          .toBeGreaterThan(100);
        await expect
          .poll(() => card.locator('.effects').textContent(), { timeout: 10_000 })
          .toContain('The effect ran once. 1 forged callback refused');
        expect(await card.locator('tbody tr').allTextContents()).toContainEqual(expect.stringContaining('× 5'));
        expect(troubles).toEqual([]);
      } finally {
        await browser?.close();
      }
    },
    60_000,
  );
});

describe('a demo that is killed', () => {
  const main = fileURLToPath(new URL('./src/main.ts', import.meta.url));
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const children: ChildProcess[] = [];

  async function start(folder: string): Promise<string> {
    const child = spawn(process.execPath, ['--import', 'tsx', main, '--port', '0', '--folder', folder], {
      cwd,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url !== undefined) return url;
    }
    throw new Error('The demo ended before it said its address.');
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const child = children.pop();
    if (child === undefined || child.exitCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  afterAll(() => end('SIGTERM'));

  it('goes on with its tasks when it is started again', async () => {
    const folder = freshFolder();
    const url = await start(folder);
    const wishes = await Promise.all(
      ['image', 'music', '3d'].map(async (family) => {
        const answer = await fetch(`${url}/wishes`, {
          method: 'POST',
          body: JSON.stringify({ prompt: 'a boat on still water', family }),
          headers: { 'content-type': 'application/json' },
        });
        return (await answer.json()) as { id: string };
      }),
    );
    await end('SIGKILL');
    const { emulator } = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as { emulator: { url: string } };
    // The provider finishes meanwhile; its callbacks find nobody.
    await fetch(`${emulator.url}/__emulator/idle`);

    const again = await start(folder);
    for (const { id } of wishes) {
      const ledger = async () =>
        (await (await fetch(`${again}/ledgers/${id}`)).json()) as { effects: { runs: number; state: string }[] };
      await expect
        .poll(async () => (await ledger()).effects, { timeout: 40_000 })
        .toEqual([{ runs: 1, state: 'done' }]);
      expect(((await (await fetch(`${again}/tasks/${id}`)).json()) as { status: string }).status).toBe('succeeded');
    }
    await end('SIGTERM');
    // The provider of before was used again, and ends with the demo.
    await expect
      .poll(() =>
        fetch(`${emulator.url}/__emulator/counts`).then(
          () => 'answers',
          () => 'gone',
        ),
      )
      .toBe('gone');
  }, 90_000);
});
