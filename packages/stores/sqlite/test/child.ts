import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that runs one of the scripts beside this file. */
export interface Child {
  /** Everything it has printed so far, line by line. */
  readonly lines: readonly string[];
  /** Resolves when it has printed so many lines, or has ended. */
  printed(count: number): Promise<void>;
  say(line: string): void;
  /** Ends it at once, as the kernel would. */
  kill(): Promise<void>;
  /** Its exit code; throws with what it wrote to stderr when that is not 0. */
  ended(): Promise<void>;
}

export function startChild(script: string, args: readonly string[]): Child {
  const path = fileURLToPath(new URL(`./${script}`, import.meta.url));
  // From the root of the repository, where tsx is installed.
  const cwd = fileURLToPath(new URL('../../../..', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', path, ...args], { cwd });
  const lines: string[] = [];
  let errors = '';
  let heard: () => void = () => {};
  const gone = once(child, 'close');
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      heard();
    });
  }
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdin?.on('error', () => {}); // It may be dead by now.
  return {
    lines,
    async printed(count) {
      const end = gone.then(() => true);
      while (lines.length < count) {
        const more = new Promise<false>((resolve) => {
          heard = () => resolve(false);
        });
        if (await Promise.race([more, end])) return;
      }
    },
    say(line) {
      child.stdin?.write(`${line}\n`);
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async ended() {
      const [code] = await gone;
      if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors}`);
    },
  };
}
