import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Faults, TaskReport } from '@tasklatch/emulator';

/** The provider, as a process of its own that nobody kills. */
export interface EmulatorProcess {
  readonly url: string;
  tasks(): Promise<readonly TaskReport[]>;
  end(): void;
}

const MAIN = fileURLToPath(new URL('../../emulator/src/main.ts', import.meta.url));

/** A provider that is a little worse than a good one; the rest of the trouble is ours. */
const FAULTS: Faults = {
  task: { fails: 0.1, pendingMs: [0, 200], runningMs: [50, 800] },
  submit: { slow: 0.2, slowMs: [50, 400], resetAfter: 0.01 },
  status: { error: 0.02, lagMs: [0, 300] },
  callback: { duplicate: 0.3, lost: 0.1, stale: 0.1, retries: [200, 500, 1000, 2000, 4000, 8000], timeoutMs: 3000 },
};

export async function startEmulatorProcess(folder: string, seed: number): Promise<EmulatorProcess> {
  const faults = join(folder, 'faults.json');
  await writeFile(faults, JSON.stringify(FAULTS));
  const args = ['--import', 'tsx', MAIN, '--seed', String(seed), '--faults', faults, '--exit-with-stdin'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url }: { url: string } = JSON.parse(String(line));
  return {
    url,
    async tasks() {
      const answer = await fetch(`${url}/__emulator/tasks`);
      // The cast: our own emulator answers.
      return ((await answer.json()) as { tasks: readonly TaskReport[] }).tasks;
    },
    end: () => void child.kill(),
  };
}
