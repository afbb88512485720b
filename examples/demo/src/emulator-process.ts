import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Counts, Faults, TaskReport } from '@tasklatch/emulator';

/** The provider, in a process of its own, as providers are: it goes on when the app is killed. */
export interface EmulatorProcess {
  readonly url: string;
  readonly pid: number;
  readonly apiKey: string;
  counts(): Promise<Counts>;
  task(marker: string): Promise<TaskReport | undefined>;
  /** Faults for the submits with this marker. */
  script(marker: string, faults: Faults): Promise<void>;
  forge(taskId: string): Promise<void>;
  idle(): Promise<void>;
  stop(): void;
}

const API_KEY = 'sk-emulator';

/** Uses the emulator of an earlier run, if it still answers; else starts one. */
export async function emulatorProcess(
  known: Pick<EmulatorProcess, 'url' | 'pid'> | undefined,
): Promise<EmulatorProcess> {
  if (known !== undefined && (await answers(known.url))) return remote(known.url, known.pid);
  const main = join(dirname(createRequire(import.meta.url).resolve('@tasklatch/emulator')), 'main.ts');
  // Detached: Ctrl-C and a kill of the app leave it alone; it is ended by its id when the app ends in order.
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, '--seed', '7', '--pending-ms', '900', '--running-ms', '2600'],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The emulator ended with ${code} before it was ready.`)));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('\n')) resolve((JSON.parse(said) as { url: string }).url);
    });
  });
  child.removeAllListeners('exit');
  child.stdout.destroy();
  child.unref();
  if (child.pid === undefined) throw new Error('The emulator has no process id.');
  return remote(url, child.pid);
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/__emulator/counts`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  return answer?.ok === true;
}

function remote(url: string, pid: number): EmulatorProcess {
  async function control(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${url}/__emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`The emulator answered ${answer.status} to ${method} ${path.split('?')[0]}.`);
    return answer.json();
  }
  return {
    url,
    pid,
    apiKey: API_KEY,
    // The emulator's own control route answers in its own types.
    counts: async () => (await control('GET', 'counts')) as Counts,
    async task(marker) {
      const { tasks } = (await control('GET', `tasks?marker=${encodeURIComponent(marker)}`)) as { tasks: TaskReport[] };
      return tasks[0];
    },
    async script(marker, faults) {
      await control('POST', 'script', { match: { marker }, faults });
    },
    async forge(taskId) {
      await control('POST', 'forge', { taskId });
    },
    async idle() {
      await control('GET', 'idle');
    },
    stop() {
      try {
        process.kill(pid);
      } catch {
        // It is gone already.
      }
    },
  };
}
