import { Controller, Inject, Injectable, type InjectionToken, Module, type Provider, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { EffectContext, FactContext, Task, Tasklatch } from '@tasklatch/core';
import { aRequest, scriptedProvider } from '@tasklatch/testing';
import { describe, expect, it, vi } from 'vitest';
import { getTasklatchToken, OnFact, OnProgress, OnSettled, TasklatchModule, TasklatchService } from '../src/index.js';
import { CALLBACKS, closing, latchOptions, until } from './nest-app.js';

const OUTBOX = 'outbox';

interface Line {
  readonly effect: string;
  readonly status: string;
  readonly key: string;
}

/** An app with a latch and these classes, whose effects write what happened into the outbox. */
async function appWith(providers: Provider[], acme = scriptedProvider({ confirm: 'never' })) {
  const outbox: Line[] = [];
  const module = await Test.createTestingModule({
    imports: [TasklatchModule.forRoot({ ...latchOptions(acme), callbacks: CALLBACKS })],
    providers: [{ provide: OUTBOX, useValue: outbox }, ...providers],
  }).compile();
  const app = closing(await module.init());
  return { app, outbox, latch: app.get<Tasklatch<unknown>>(TasklatchService) };
}

async function settle(latch: Tasklatch<unknown>, provider = 'acme'): Promise<Task> {
  const task = await latch.submit({ provider, input: {}, owner: 'alice' });
  await latch.tell(task.id, { status: 'succeeded', result: { files: [], data: null } });
  return task;
}

async function initError(providers: Provider[]): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [TasklatchModule.forRoot(latchOptions())],
    providers: [{ provide: OUTBOX, useValue: [] }, ...providers],
  }).compile();
  return module.init().then(
    () => 'no error',
    (error) => error.message,
  );
}

const write =
  (outbox: Line[], effect: string) =>
  (task: Task, { effectKey }: EffectContext<unknown>): void =>
    void outbox.push({ effect, status: task.status, key: effectKey });

@Injectable()
class Settled {
  constructor(@Inject(OUTBOX) private readonly outbox: Line[]) {}

  @OnSettled()
  orderIsDone(task: Task, context: EffectContext<unknown>): void {
    write(this.outbox, 'settled')(task, context);
  }
}

describe('decorated methods', () => {
  it('run with what their class has injected, under the name of class and method', async () => {
    const { latch, outbox } = await appWith([Settled]);
    const task = await settle(latch);
    await until('the effect ran', () => outbox.length > 0);
    expect(outbox.map(({ effect, status }) => [effect, status])).toEqual([['settled', 'succeeded']]);
    expect(outbox[0]?.key).toContain('Settled.orderIsDone');
    expect((await latch.ledger({ taskId: task.id })).effects.length).toBe(1);
  });

  it('run on progress and on facts', async () => {
    @Injectable()
    class All {
      constructor(@Inject(OUTBOX) private readonly outbox: Line[]) {}

      @OnProgress()
      progress(task: Task, context: EffectContext<unknown>): void {
        write(this.outbox, 'progress')(task, context);
      }

      @OnFact({ name: 'audit' })
      fact(task: Task, context: FactContext<unknown>): void {
        write(this.outbox, `fact ${context.entry.fact.status}`)(task, context);
      }
    }
    const { latch, outbox } = await appWith([All]);
    const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
    const { pathname } = new URL(latch.callbackUrl('acme', task.id) ?? '');
    const delivered = await latch.callbacks(
      aRequest({ path: pathname.replace('/callbacks', ''), body: JSON.stringify({ status: 'running' }) }),
    );
    expect(delivered.status).toBe(200);
    await until('both effects ran', () => outbox.length === 2);
    expect(outbox.map(({ effect, status }) => [effect, status]).sort()).toEqual([
      ['fact running', 'running'],
      ['progress', 'running'],
    ]);
    expect(outbox.find(({ effect }) => effect === 'fact running')?.key).toContain('audit');
  });

  it('run for the provider, the latch and the name that the decorator says', async () => {
    @Injectable()
    class Chosen {
      constructor(@Inject(OUTBOX) private readonly outbox: Line[]) {}

      @OnSettled({ provider: 'acme', name: 'pictures' })
      @OnSettled({ provider: 'films', latch: 'second', name: 'films', transaction: false })
      settled(task: Task, context: EffectContext<unknown>): void {
        write(this.outbox, task.provider)(task, context);
      }
    }
    const outbox: Line[] = [];
    const module = await Test.createTestingModule({
      imports: [
        TasklatchModule.forRoot({
          ...latchOptions(),
          providers: [scriptedProvider({ name: 'acme' }), scriptedProvider({ name: 'other' })],
        }),
        TasklatchModule.forRoot({ ...latchOptions(scriptedProvider({ name: 'films' })), name: 'second' }),
      ],
      providers: [{ provide: OUTBOX, useValue: outbox }, Chosen],
    }).compile();
    const app = closing(await module.init());
    const first = app.get<Tasklatch<unknown>>(TasklatchService);
    const second = app.get<Tasklatch<unknown>>(getTasklatchToken('second'));
    await settle(first, 'other');
    await settle(first, 'acme');
    await settle(second, 'films');
    await until('both effects ran', () => outbox.length === 2);
    const keys = Object.fromEntries(outbox.map(({ effect, key }) => [effect, key]));
    expect(keys.acme).toContain('pictures');
    expect(keys.films).toContain('films');
  });

  it('are found on controllers, on inherited classes, once for an alias, and run through spies', async () => {
    abstract class Base {
      constructor(@Inject(OUTBOX) protected readonly outbox: Line[]) {}

      @OnSettled()
      settled(task: Task, context: EffectContext<unknown>): void {
        write(this.outbox, this.constructor.name)(task, context);
      }
    }
    @Injectable()
    class Mail extends Base {}
    @Controller()
    class Orders extends Base {}
    const alias: InjectionToken = 'alias';
    const outbox: Line[] = [];
    const module = await Test.createTestingModule({
      imports: [TasklatchModule.forRoot(latchOptions())],
      controllers: [Orders],
      providers: [{ provide: OUTBOX, useValue: outbox }, Mail, { provide: alias, useExisting: Mail }],
    }).compile();
    const app = closing(await module.init());
    const spy = vi.spyOn(app.get(Mail), 'settled');
    await settle(app.get(TasklatchService));
    await until('both effects ran', () => outbox.length === 2);
    expect(outbox.map(({ effect }) => effect).sort()).toEqual(['Mail', 'Orders']);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('get an instance of their own in each run where the class is not a singleton, with the task as its request', async () => {
    const made = { request: 0, transient: 0 };
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      constructor(
        @Inject(OUTBOX) private readonly outbox: Line[],
        @Inject(REQUEST) private readonly request: Task,
      ) {
        made.request += 1;
      }

      @OnSettled()
      settled(task: Task, context: EffectContext<unknown>): void {
        write(this.outbox, this.request === task ? 'request-scoped' : 'the request is another')(task, context);
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      constructor(@Inject(OUTBOX) private readonly outbox: Line[]) {
        made.transient += 1;
      }

      @OnSettled()
      settled(task: Task, context: EffectContext<unknown>): void {
        write(this.outbox, 'transient')(task, context);
      }
    }
    const { latch, outbox } = await appWith([PerRequest, Transient]);
    const before = { ...made };
    await settle(latch);
    await settle(latch);
    await until('each ran twice', () => outbox.length === 4);
    expect(outbox.map(({ effect }) => effect).sort()).toEqual([
      'request-scoped',
      'request-scoped',
      'transient',
      'transient',
    ]);
    expect([made.request - before.request, made.transient - before.transient]).toEqual([2, 2]);
  });
});

describe('wrong decorators stop the app from starting, and say why', () => {
  it('for a latch that there is not', async () => {
    @Injectable()
    class Lost {
      @OnSettled({ latch: 'films' })
      settled(): void {}
    }
    expect(await initError([Lost])).toMatch(
      /^Lost\.settled in RootTestModule is for the latch "films", .* has "default"/,
    );

    @Injectable()
    class Nameless {
      @OnSettled()
      settled(): void {}
    }
    const module = await Test.createTestingModule({
      imports: [TasklatchModule.forRoot({ ...latchOptions(), name: 'films' })],
      providers: [Nameless],
    }).compile();
    await expect(module.init()).rejects.toThrow('Say which in the decorator: { latch: "films" }.');
  });

  it('for a provider that the latch does not have', async () => {
    @Injectable()
    class Misspelt {
      @OnSettled({ provider: 'acne' })
      settled(): void {}
    }
    expect(await initError([Misspelt])).toMatch(/^Misspelt\.settled in RootTestModule: .*Known: acme/);
  });

  it('for a name that is no name', async () => {
    @Injectable()
    class Named {
      @OnSettled({ name: 'order is done' })
      settled(): void {}
    }
    expect(await initError([Named])).toMatch(/^Named\.settled in RootTestModule: The name of an effect handler/);
  });

  it('for two of one name: twice in one class, and a class that is a provider of two modules', async () => {
    @Injectable()
    class Twice {
      @OnSettled({ name: 'done' })
      one(): void {}

      @OnSettled({ name: 'done' })
      two(): void {}
    }
    expect(await initError([Twice])).toMatch(
      /named "done": Twice\.one in RootTestModule, and Twice\.two in RootTestModule/,
    );

    @Module({ providers: [Settled, { provide: OUTBOX, useValue: [] }] })
    class A {}
    @Module({ providers: [Settled, { provide: OUTBOX, useValue: [] }] })
    class B {}
    const module = await Test.createTestingModule({
      imports: [TasklatchModule.forRoot(latchOptions()), A, B],
    }).compile();
    await expect(module.init()).rejects.toThrow(
      /Settled\.orderIsDone in A, and Settled\.orderIsDone in B\. Provide a class in one module only/,
    );
  });

  it('for a static method', () => {
    expect(() => {
      // biome-ignore lint/complexity/noStaticOnlyClass: it is the mistake.
      class Static {
        @OnSettled()
        static settled(): void {}
      }
      return Static;
    }).toThrow('on the static method Static.settled');
  });
});
