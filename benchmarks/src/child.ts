import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of its own that answers one question at a time. */
export interface Child<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  stop(): void;
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failed: string };

/** Starts `file`, which calls `answer`. The process ends with this one. */
export function startChild<Question extends object, Answer>(
  file: URL,
  args: readonly string[] = [],
): Child<Question, Answer> {
  const child = fork(fileURLToPath(file), args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the benchmark ended with ${code}.`);
  });
  gone.catch(() => {}); // Heard by whoever asks.
  return {
    async ask(question) {
      child.send(question);
      // The cast: only `answer` writes to this channel.
      const [reply] = (await Promise.race([once(child, 'message'), gone])) as [Reply<Answer>];
      if ('failed' in reply) throw new Error(reply.failed);
      return reply.answer;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

/** In the child: answers questions until the parent is gone. */
export function answer<Question, Answer>(handle: (question: Question) => Promise<Answer>): void {
  process.on('message', (question: Question) => {
    handle(question).then(
      (given) => process.send?.({ answer: given }),
      (error: unknown) => process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : 'error' }),
    );
  });
  process.once('disconnect', () => process.exit());
}
