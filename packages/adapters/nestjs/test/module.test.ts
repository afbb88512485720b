import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { memoryStore, type Tasklatch, type TasklatchOptions } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import {
  getTasklatchOptionsToken,
  getTasklatchProvidersToken,
  getTasklatchStoreToken,
  getTasklatchToken,
  InjectTasklatch,
  TasklatchModule,
  type TasklatchOptionsFactory,
  TasklatchService,
} from '../src/index.js';
import { closing, latchOptions } from './nest-app.js';

const submit = (latch: Tasklatch<unknown>) => latch.submit({ provider: 'acme', input: {}, owner: 'alice' });

describe('forRoot', () => {
  it('makes a latch that any class of the app can inject, by class and by decorator', async () => {
    @Injectable()
    class Pictures {
      constructor(
        @Inject(TasklatchService) readonly service: TasklatchService,
        @InjectTasklatch() readonly latch: Tasklatch<unknown>,
      ) {}
    }
    @Module({ providers: [Pictures] })
    class PicturesModule {}
    const app = closing(
      await Test.createTestingModule({ imports: [TasklatchModule.forRoot(latchOptions()), PicturesModule] }).compile(),
    );
    const { latch, service } = app.get(Pictures, { strict: false });
    expect(service).toBe(latch);
    expect((await submit(service)).status).toBe('pending');
    expect((await latch.list({ owner: 'alice' })).items.length).toBe(1);
  });

  it('is not global when asked not to be', async () => {
    @Injectable()
    class Pictures {
      constructor(@InjectTasklatch() readonly latch: Tasklatch<unknown>) {}
    }
    @Module({ providers: [Pictures] })
    class PicturesModule {}
    const tasklatch = TasklatchModule.forRoot({ ...latchOptions(), isGlobal: false });
    await expect(Test.createTestingModule({ imports: [tasklatch, PicturesModule] }).compile()).rejects.toThrow(
      /Nest can't resolve dependencies of the Pictures/,
    );

    @Module({ imports: [tasklatch], providers: [Pictures] })
    class ImportingModule {}
    const app = closing(await Test.createTestingModule({ imports: [tasklatch, ImportingModule] }).compile());
    expect(app.get(Pictures, { strict: false }).latch).toBe(app.get(TasklatchService, { strict: false }));
  });

  it('keeps named latches apart', async () => {
    const one = latchOptions(scriptedProvider({ name: 'acme' }));
    const two = latchOptions(scriptedProvider({ name: 'acme' }));
    @Injectable()
    class Pictures {
      constructor(
        @InjectTasklatch() readonly plain: Tasklatch<unknown>,
        @InjectTasklatch('films') readonly films: Tasklatch<unknown>,
      ) {}
    }
    const app = closing(
      await Test.createTestingModule({
        imports: [TasklatchModule.forRoot(one), TasklatchModule.forRoot({ ...two, name: 'films' })],
        providers: [Pictures],
      }).compile(),
    );
    await app.init();
    const { films, plain } = app.get(Pictures);
    const task = await submit(films);
    expect(await plain.get({ id: task.id })).toBe(undefined);
    expect((await two.store.get({ id: task.id }))?.id).toBe(task.id);
    expect(app.get(getTasklatchToken('films'))).toBe(films);
    expect(getTasklatchToken()).toBe(TasklatchService);
  });

  it('says what is wrong with the options, by their name', async () => {
    const wrong = TasklatchModule.forRoot({ ...latchOptions(), pollMs: 0 });
    await expect(Test.createTestingModule({ imports: [wrong] }).compile()).rejects.toThrow('`pollMs`');
  });

  it('refuses a second latch of one name, and routes without a path of their own', async () => {
    const { app: twins } = await twoModules(undefined);
    await expect(twins.init()).rejects.toThrow('Two TasklatchModules have no name.');
    const { app: named } = await twoModules('films');
    await expect(named.init()).rejects.toThrow('Two TasklatchModules are named "films".');
    for (const path of ['', '/'])
      expect(() => TasklatchModule.forRoot({ ...latchOptions(), tasks: { path, owner: () => 'a' } })).toThrow(
        '`tasks.path` must be a path of its own',
      );
  });

  it('says what is missing where the class itself was imported', async () => {
    await expect(Test.createTestingModule({ imports: [TasklatchModule] }).compile()).rejects.toThrow(
      'Import TasklatchModule.forRoot(…)',
    );
  });

  it('serves a process without HTTP', async () => {
    @Module({ imports: [TasklatchModule.forRoot({ ...latchOptions(), tasks: { owner: () => 'alice' } })] })
    class WorkerModule {}
    const app = closing(
      await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false }),
    );
    expect((await submit(app.get(TasklatchService))).status).toBe('pending');
  });

  async function twoModules(name: string | undefined) {
    const module = (): ReturnType<typeof TasklatchModule.forRoot> =>
      TasklatchModule.forRoot({ ...latchOptions(), ...(name === undefined ? {} : { name }) });
    @Module({ imports: [module()] })
    class One {}
    @Module({
      imports: [{ ...module(), providers: [...(module().providers ?? []), { provide: 'other', useValue: 1 }] }],
    })
    class Two {}
    // Not closed after the test: Nest 10 and 11 cannot close an app that failed to start.
    return { app: await Test.createTestingModule({ imports: [One, Two] }).compile() };
  }
});

describe('forRootAsync', () => {
  const CONFIG = 'config';
  const options = latchOptions();

  @Module({ providers: [{ provide: CONFIG, useValue: options }], exports: [CONFIG] })
  class ConfigModule {}

  @Injectable()
  class MyOptions implements TasklatchOptionsFactory<undefined> {
    constructor(@Inject(CONFIG) private readonly config: TasklatchOptions<undefined>) {}

    async createTasklatchOptions(): Promise<TasklatchOptions<undefined>> {
      return this.config;
    }
  }

  @Module({ imports: [ConfigModule], providers: [MyOptions], exports: [MyOptions] })
  class MyOptionsModule {}

  const ways = {
    'useFactory with what is injected': TasklatchModule.forRootAsync({
      imports: [ConfigModule],
      inject: [CONFIG],
      useFactory: async (config: TasklatchOptions<undefined>) => config,
    }),
    useClass: TasklatchModule.forRootAsync({ imports: [ConfigModule], useClass: MyOptions }),
    useExisting: TasklatchModule.forRootAsync({ imports: [MyOptionsModule], useExisting: MyOptions }),
  };
  for (const [way, module] of Object.entries(ways)) {
    it(`makes the options by ${way}`, async () => {
      const app = closing(await Test.createTestingModule({ imports: [module] }).compile());
      const task = await submit(app.get(TasklatchService, { strict: false }));
      expect((await options.store.get({ id: task.id }))?.id).toBe(task.id);
    });
  }

  it('says what is missing without any of them', () => {
    expect(() => TasklatchModule.forRootAsync({})).toThrow('needs `useFactory`, `useClass` or `useExisting`');
  });

  it('fails as the factory fails', async () => {
    const module = TasklatchModule.forRootAsync({
      useFactory: () => {
        throw new Error('no such secret');
      },
    });
    await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toThrow('no such secret');
  });
});

describe('in tests of an app', () => {
  const appModule = TasklatchModule.forRoot({ ...latchOptions(), name: 'films' });

  it('takes another store and other providers', async () => {
    const store = memoryStore();
    const acme = scriptedProvider();
    const app = closing(
      await Test.createTestingModule({ imports: [appModule] })
        .overrideProvider(getTasklatchStoreToken('films'))
        .useValue(store)
        .overrideProvider(getTasklatchProvidersToken('films'))
        .useValue([acme])
        .compile(),
    );
    const task = await submit(app.get(getTasklatchToken('films'), { strict: false }));
    expect((await store.get({ id: task.id }))?.id).toBe(task.id);
    expect(acme.sent.length).toBe(1);
  });

  it('takes other options, so that the factory of the app is not asked', async () => {
    const other = latchOptions();
    const module = TasklatchModule.forRootAsync({
      useFactory: () => {
        throw new Error('the app connects to its database here');
      },
    });
    const app = closing(
      await Test.createTestingModule({ imports: [module] })
        .overrideProvider(getTasklatchOptionsToken())
        .useValue(other)
        .compile(),
    );
    const task = await submit(app.get(TasklatchService, { strict: false }));
    expect((await other.store.get({ id: task.id }))?.id).toBe(task.id);
  });

  it('takes another latch', async () => {
    const fake = { submit: async () => ({ id: 'tsk_fake' }), stop: async () => undefined };
    const app = closing(
      await Test.createTestingModule({ imports: [appModule] })
        .overrideProvider(getTasklatchToken('films'))
        .useValue(fake)
        .compile(),
    );
    expect(app.get(getTasklatchToken('films'), { strict: false })).toBe(fake);
  });
});
