import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface RunningExample {
  readonly url: string;
  /** What it has printed so far. */
  output(): string;
  /** Sends the signal and answers with how the process ended: its exit code, or the signal. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** Starts an example as a person would, by the `start` script of its package.json, and waits until it listens. */
export async function startExample(
  folder: URL,
  env: Readonly<Record<string, string>>,
  { port, script = 'start' }: { readonly port?: number; readonly script?: string } = {},
): Promise<RunningExample> {
  const manifest: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(new URL('package.json', folder), 'utf8'),
  );
  const [command = '', ...args] = (manifest.scripts[script] ?? '').split(' ');
  if (command !== 'node') throw new Error(`The script ${script} must start with node, so that signals reach it.`);
  const onPort = port ?? (await freePort());
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: fileURLToPath(folder),
    env: { ...process.env, PORT: String(onPort), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (output += piece));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  for (const late = Date.now() + 30_000; !output.includes('http://'); await new Promise((go) => setTimeout(go, 20))) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before it listened:\n${output}`);
    if (Date.now() > late) {
      kill();
      throw new Error(`It did not listen within 30 s:\n${output}`);
    }
  }
  return {
    url: `http://127.0.0.1:${onPort}`,
    output: () => output,
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** What the tests read of the JSON that the examples answer. */
export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly results: readonly { readonly url: string }[];
}

/** The JSON of an answer. */
export async function shown(answer: Response | Promise<Response>): Promise<Shown> {
  // The examples' own routes; a field that is missing fails the test that reads it.
  return (await (await answer).json()) as Shown;
}
