import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  aesSealer,
  createTasklatch,
  memoryStore,
  type Provider,
  ProviderFailure,
  type TasklatchOptions,
  unparseable,
} from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { aRequest } from './a-request.js';
import { manualClock } from './manual-clock.js';
import { bench, eventually, freshKey, rest, SECRET, SIGNED } from './promises/bench.js';
import { listening } from './promises/listening.js';
import { scriptedProvider } from './scripted-provider.js';

const under = () => ({ store: memoryStore(), close: async () => undefined });
const submit = (b: ReturnType<typeof bench>, more: object = {}) =>
  b.latch.submit({ provider: b.provider.name, input: { n: 1 }, owner: 'ann', key: freshKey(), ...more });
const DONE = { status: 'succeeded', result: { files: [{ url: 'https://files.example.com/a.png', kind: 'image' }] } };

describe('the options of a latch', () => {
  const make = (more: Partial<TasklatchOptions<undefined>>) => () =>
    createTasklatch({ store: memoryStore(), providers: [scriptedProvider()], ...more });
  const callbacks = { baseUrl: 'https://app.example.com/callbacks', secret: SECRET };

  it('are checked at once, and each message names the option and what it must be', () => {
    const wrong: [Partial<TasklatchOptions<undefined>>, RegExp][] = [
      [
        { callbacks: { ...callbacks, baseUrl: 'app.example.com' } },
        /callbacks\.baseUrl.*https:\/\/app\.example\.com\/callbacks/,
      ],
      [{ callbacks: { ...callbacks, baseUrl: 'https://app.example.com/x?y=1' } }, /without query/],
      [{ callbacks: { ...callbacks, secret: 'short' } }, /at least 32 characters/],
      [{ callbacks: { ...callbacks, limitBytes: 0 } }, /callbacks\.limitBytes/],
      [{ providers: [scriptedProvider({ name: 'Not A Path' })] }, /a-z, 0-9 and -/],
      [{ providers: [scriptedProvider(), scriptedProvider()] }, /Two providers are named "acme"/],
      [{ deadlineMs: Number.NaN }, /deadlineMs/],
      [{ effects: { concurrency: 0 } }, /effects\.concurrency/],
      [{ checks: { factor: 0.5 } }, /checks\.factor/],
    ];
    for (const [options, message] of wrong) expect(make(options)).toThrowError(message);
  });

  it('let effects be registered once for each name, and for known providers only', () => {
    const latch = make({})();
    latch.onSettled(() => undefined, { name: 'ship' });
    expect(() => latch.onSettled(() => undefined, { name: 'ship' })).toThrowError(/named "ship"/);
    expect(() => latch.onSettled(() => undefined, { provider: 'nobody' })).toThrowError(/Known: acme/);
  });
});

describe('submit', () => {
  it('keeps the id of a task whatever else the answer says, and reports a status that nobody lists', async () => {
    const b = bench(under());
    const odd = (fact: object) =>
      // What a package in JavaScript may answer, whatever the types say.
      b.provider.answerNext({ kind: 'accepted', fact: { externalId: `x-${freshKey()}`, status: null, ...fact } });
    odd({ status: 'finished' });
    odd({ status: 'succeeded', result: { files: [], data: 1n } });
    const reported = await listening('unknownStatus', async () => {
      for (let count = 0; count < 2; count += 1)
        expect(await submit(b)).toMatchObject({ status: 'pending', externalId: expect.stringMatching(/^x-/) });
    });
    expect(reported).toHaveLength(1);
  });

  it('does not tell the words of a provider where only a code belongs', async () => {
    const b = bench(under());
    b.provider.answerNext({ kind: 'refused', error: { code: 'the prompt "a boat" is bad', message: null } });
    const told = await listening('submit', async () => {
      await expect(submit(b)).rejects.toMatchObject({ message: expect.not.stringContaining('a boat') });
    });
    expect(told).toMatchObject([{ outcome: 'refused', code: 'other' }]);
  });

  it('says which provider names there are, and what owner, key and input must be', async () => {
    const b = bench(under());
    await expect(b.latch.submit({ provider: 'apidto', input: {} })).rejects.toMatchObject({
      code: 'unknown_provider',
      message: expect.stringContaining(b.provider.name),
    });
    await expect(submit(b, { key: '' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(submit(b, { owner: 'x'.repeat(300) })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(submit(b, { input: { n: 1n } })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('plain JSON'),
    });
    await expect(submit(b, { deadlineMs: -1 })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(b.provider.sent).toEqual([]);
  });

  it('makes a new task each time when it is given no key', async () => {
    const b = bench(under());
    const [one, two] = [await submit(b, { key: undefined }), await submit(b, { key: undefined })];
    expect([one.key, one.id === two.id, b.provider.sent.length]).toEqual([null, false, 2]);
  });

  it('sends nothing when the store cannot take the intent', async () => {
    const b = bench(under());
    const down = b.again({ store: { ...b.store, open: () => Promise.reject(new Error('down')) } });
    await expect(down.submit({ provider: b.provider.name, input: {} })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(b.provider.sent).toEqual([]);
  });

  it('passes a callback URL that only this task answers to, and none when the app takes no callbacks', async () => {
    const b = bench(under());
    const task = await submit(b);
    expect(b.provider.sent[0]?.callbackUrl).toBe(b.latch.callbackUrl(b.provider.name, task.id));
    const { callbacks: _callbacks, ...without } = {
      store: memoryStore(),
      providers: [b.provider],
      callbacks: undefined,
    };
    const polling = createTasklatch<undefined>(without);
    const polled = await polling.submit({ provider: b.provider.name, input: {} });
    expect([b.provider.sent[1]?.callbackUrl, polled.expectsCallback]).toEqual([undefined, false]);
  });
});

describe('the callback handler', () => {
  const answerTo = async (
    provider: Provider<never>,
    request: Partial<Parameters<typeof aRequest>[0]> = {},
    more: Partial<TasklatchOptions<undefined>> = {},
  ) => {
    const store = memoryStore();
    const latch = createTasklatch({
      store,
      providers: [provider],
      callbacks: { baseUrl: 'https://a.example.com/c', secret: SECRET },
      ...more,
    });
    const answer = await latch.callbacks(
      aRequest({ path: `/${provider.name}`, body: DONE, headers: SIGNED, ...request }),
    );
    return { answer, latch, store };
  };
  const changed = (callbacks: Partial<NonNullable<Provider['callbacks']>>): Provider<never> => {
    const provider = scriptedProvider({ perTask: false });
    if (provider.callbacks === undefined) throw new Error('A scripted provider takes callbacks.');
    return { ...provider, callbacks: { ...provider.callbacks, ...callbacks } };
  };

  it('answers other methods 405 with Allow, and those that the provider names', async () => {
    const { answer } = await answerTo(changed({}), { method: 'GET' });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
    expect(
      (
        await answerTo(changed({ methods: ['POST', 'PUT'] }), {
          method: 'PUT',
          body: { externalId: 'x', status: 'running' },
        })
      ).answer.status,
    ).toBe(200);
  });

  it('answers 500 and logs once, with the line that fixes it, when a parser ate the bytes that a signature needs', async () => {
    const logged: string[] = [];
    const logger = { warn: () => undefined, error: (_fields: object, message: string) => void logged.push(message) };
    const provider = changed({ needsExactBody: true });
    const latch = createTasklatch({
      store: memoryStore(),
      providers: [provider],
      callbacks: { baseUrl: 'https://a.example.com/c', secret: SECRET },
      logger,
    });
    for (let time = 0; time < 3; time++)
      expect(
        (await latch.callbacks(aRequest({ path: `/${provider.name}`, body: DONE, headers: SIGNED, exact: false })))
          .status,
      ).toBe(500);
    expect(logged).toEqual([expect.stringContaining('Fix: keep the bytes.')]);
  });

  it('does the handshake that a provider asks for, before any authentication', async () => {
    const handshake = () => ({ status: 200, headers: {}, body: '{"challenge":"c"}' });
    expect((await answerTo(changed({ handshake }), { headers: {} })).answer.body).toBe('{"challenge":"c"}');
  });

  it('asks the sender to come again while authenticity cannot be decided, also when the check itself fails', async () => {
    const undecided = changed({ authenticate: () => ({ kind: 'undecided', reason: 'key server' }) });
    const broken = changed({ authenticate: () => Promise.reject(new Error('bug')) });
    for (const provider of [undecided, broken]) {
      const { answer, store } = await answerTo(provider);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
      expect((await store.ledger({ quarantine: {} })).entries).toEqual([]);
    }
  });

  it('uses the codes that the sender understands', async () => {
    const provider = changed({ answers: { accepted: 202, refused: 403 } });
    expect((await answerTo(provider, { body: { externalId: 'x', status: 'running' } })).answer.status).toBe(202);
    expect((await answerTo(provider, { headers: { 'x-signature': 'bad' } })).answer.status).toBe(403);
  });

  it('takes only what the signature names when it signs the id alone, and takes it as a hint', async () => {
    const provider = changed({
      authenticate: () => ({ kind: 'signed', covers: 'id', keyId: 'k', externalId: 'mine' }),
      parse: () => [
        { externalId: 'yours', status: 'succeeded' },
        { externalId: 'mine', status: 'succeeded' },
      ],
    });
    const { store } = await answerTo(provider);
    const { entries } = await store.ledger({ quarantine: {} });
    expect(entries.map(({ fact }) => [fact.externalId, fact.trust])).toEqual([['mine', 'hint']]);
  });

  it('takes only what the signature names also when the delivery is read again after a fix', async () => {
    let fixed = false;
    const provider = changed({
      authenticate: () => ({ kind: 'signed', covers: 'id', keyId: 'k', externalId: 'mine' }),
      parse: () => {
        if (!fixed) throw unparseable('x');
        return ['yours', 'mine'].map((externalId) => ({ externalId, status: 'succeeded' as const }));
      },
    });
    const { latch, store } = await answerTo(provider);
    const quarantined = async () => (await store.ledger({ quarantine: {} })).entries;
    const [unread] = await quarantined();
    fixed = true;
    expect(await latch.release(unread?.id ?? '')).toBe(true);
    expect((await quarantined()).map(({ fact }) => [fact.externalId, fact.trust])).toEqual([['mine', 'hint']]);
  });

  it('keeps what a parser cannot read, whatever it throws, and what names no task', async () => {
    for (const parse of [
      () => {
        throw unparseable('x');
      },
      () => {
        throw new TypeError('bug');
      },
      () => [{ status: 'running' as const }],
    ]) {
      const { answer, store } = await answerTo(changed({ parse }));
      const [entry] = (await store.ledger({ quarantine: {} })).entries;
      expect([
        answer.status,
        entry?.fact.unparseable,
        Buffer.from(entry?.fact.delivery?.body ?? '', 'base64').toString(),
      ]).toEqual([200, true, JSON.stringify(DONE)]);
    }
  });

  it('says 503 when the quarantine is full, so that nothing authentic is dropped without a word', async () => {
    const provider = changed({});
    const latch = createTasklatch({
      store: memoryStore({ quarantineEntries: 2 }),
      providers: [provider],
      callbacks: { baseUrl: 'https://a.example.com/c', secret: SECRET },
    });
    const send = async (externalId: string) =>
      (await latch.callbacks(aRequest({ path: `/${provider.name}`, body: { ...DONE, externalId }, headers: SIGNED })))
        .status;
    expect([await send('a'), await send('b'), await send('c'), await send('a')]).toEqual([200, 200, 503, 200]);
    const [entry] = (await latch.ledger({ quarantine: {} })).entries;
    expect(await latch.discard([entry?.id ?? ''])).toBe(1);
    expect(await send('c')).toBe(200);
  });

  it('keeps of a delivery what the policy says', async () => {
    const body = { ...DONE, externalId: 'x', input: { prompt: 'a secret prompt' } };
    const headers = { ...SIGNED, 'content-type': 'application/json', authorization: 'Bearer secret', cookie: 'secret' };
    const kept = async (keep: 'redacted' | 'full' | 'hash') => {
      const { store } = await answerTo(
        changed({}),
        { body, headers },
        { callbacks: { baseUrl: 'https://a.example.com/c', secret: SECRET, keep } },
      );
      return (await store.ledger({ quarantine: {} })).entries[0]?.fact.delivery;
    };
    const redacted = await kept('redacted');
    expect([redacted?.headers, redacted?.body, redacted?.bodyHash.length]).toEqual([
      { 'content-type': 'application/json' },
      null,
      64,
    ]);
    expect(Buffer.from((await kept('full'))?.body ?? '', 'base64').toString()).toBe(JSON.stringify(body));
    expect(await kept('hash')).toMatchObject({ headers: {}, body: null, bodyHash: redacted?.bodyHash });
  });
});

describe('a latch at work', () => {
  it('tick does what is due and returns, and says when the time was over before the work', async () => {
    const b = bench(under());
    const ran: string[] = [];
    b.latch.onSettled((task) => void ran.push(task.id));
    const tasks = await Promise.all(Array.from({ length: 40 }, () => submit(b)));
    for (const task of tasks) await b.deliver(task, DONE, SIGNED);
    expect(await b.latch.tick()).toMatchObject({ effects: 40, more: false });
    expect(new Set(ran).size).toBe(40);
    expect(await b.latch.tick()).toEqual({ effects: 0, checks: 0, purged: 0, more: false });
    const slow = bench(under());
    slow.latch.onSettled(() => rest(300));
    await slow.deliver(await submit(slow), DONE, SIGNED);
    expect(await slow.latch.tick({ budgetMs: 50 })).toMatchObject({ effects: 1, more: true });
  });

  it('stop lets what runs end, answers callbacks 503, and sends nothing any more', async () => {
    const b = bench(under());
    let ended = false;
    b.latch.onSettled(async () => {
      await rest(250);
      ended = true;
    });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    await eventually('it runs', async () => (await b.store.list({ effect: 'running' })).items.length === 1);
    await b.latch.stop();
    expect(ended).toBe(true);
    expect(await b.deliver(task, DONE, SIGNED)).toBe(503);
    await expect(submit(b)).rejects.toMatchObject({ code: 'stopped' });
  });

  it('stop aborts what does not end in time, and the effect stays due', async () => {
    const b = bench(under());
    let aborted = false;
    b.latch.onSettled(
      (_task, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('stopped'));
          }),
        ),
    );
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    await eventually('it runs', async () => (await b.store.list({ effect: 'running' })).items.length === 1);
    await b.latch.stop({ withinMs: 50 });
    expect(aborted).toBe(true);
    expect((await b.latch.ledger({ taskId: task.id })).effects.map(({ state }) => state)).not.toContain('done');
  });

  it('an effect that takes too long counts as failed, and one that says so is not tried again', async () => {
    const b = bench(under(), {
      effects: { leaseMs: 400, timeoutMs: 60, backoffMs: 1, backoffCapMs: 2, maxAttempts: 2 },
    });
    b.latch.onSettled((task) =>
      task.model === 'hangs'
        ? new Promise(() => undefined)
        : Promise.reject(Object.assign(new Error('never'), { code: 'E_NEVER', retry: false })),
    );
    const [hangs, never] = [await submit(b, { model: 'hangs' }), await submit(b, { model: 'never' })];
    for (const task of [hangs, never]) await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    const dead = async () => (await b.latch.list({ effect: 'dead' })).items.length === 2;
    await eventually('both are dead', dead);
    const effectOf = async (id: string) =>
      (await b.latch.ledger({ taskId: id })).effects.find(({ kind }) => kind === 'settled');
    expect(await effectOf(hangs.id)).toMatchObject({ runs: 2, lastError: 'timeout' });
    expect(await effectOf(never.id)).toMatchObject({ runs: 1, lastError: 'E_NEVER' });
    await b.latch.stop();
  });

  it('says which handler it was that took its process with it', async () => {
    const b = bench(under(), { effects: { maxCrashes: 1 } });
    for (const name of ['mail', 'kills']) b.latch.onSettled(() => undefined, { name });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    const kinds = ['settled:mail', 'settled:kills'] as const;
    const claim = (from: object) =>
      b.store.claim('effect', {
        ...{ claimId: freshKey(), leaseMs: 1 },
        from: [{ provider: b.provider.name, limit: 1, ...from }],
      });
    const [whole] = await claim({});
    if (whole !== undefined) await b.store.finish(whole, { kind: 'split', into: kinds });
    await claim({ kinds: ['settled:kills'] });
    await rest(5);
    const ended: unknown[] = [];
    const note = (event: unknown): void => void ended.push(event);
    subscribe('tasklatch:effect', note);
    await b.latch.tick();
    unsubscribe('tasklatch:effect', note);
    expect(ended).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ taskId: task.id, handler: 'kills', outcome: 'dead', code: 'crashed' }),
        expect.objectContaining({ taskId: task.id, handler: 'mail', outcome: 'done' }),
      ]),
    );
  });

  it('no handler begins to tell of progress once the task has settled', async () => {
    const b = bench(under());
    const ran: string[] = [];
    for (const name of ['bar', 'log'])
      b.latch.onProgress((task) => void ran.push(`${name} ${task.status} ${task.progress}`), { name });
    const task = await submit(b);
    await b.deliver(task, { status: 'running', progress: 10 }, SIGNED);
    const from = [{ provider: b.provider.name, limit: 1 }];
    const [lease] = await b.store.claim('effect', { claimId: freshKey(), leaseMs: 10_000, from });
    await b.deliver(task, DONE, SIGNED);
    // A worker split it too late.
    if (lease !== undefined) await b.store.finish(lease, { kind: 'split', into: ['progress:bar', 'progress:log'] });
    await b.latch.tick();
    const { effects } = await b.latch.ledger({ taskId: task.id });
    expect(effects.map(({ kind, state }) => [kind, state])).toEqual([
      ['progress', 'done'],
      ['progress:bar', 'done'],
      ['progress:log', 'done'],
      ['settled', 'due'],
    ]);
    expect(ran).toEqual([]);
  });

  it('a replay runs what is dead and leaves alone what is done, unless it is asked for by name', async () => {
    const b = bench(under());
    const ran: string[] = [];
    let broken = true;
    b.latch.onSettled(() => void ran.push('mail'), { name: 'mail' });
    b.latch.onSettled(
      () => {
        ran.push('bill');
        if (broken) throw Object.assign(new Error('never'), { retry: false });
      },
      { name: 'bill' },
    );
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    const ranBy = async (act: () => Promise<unknown>) => {
      ran.length = 0;
      const said = await act();
      await b.latch.tick();
      return [said, ran.toSorted()];
    };
    await b.latch.tick();
    broken = false;
    expect(await ranBy(() => b.latch.replay(task.id))).toEqual([['settled:bill'], ['bill']]);
    expect(await ranBy(() => b.latch.replay(task.id))).toEqual([[], []]);
    expect(await ranBy(() => b.latch.replay(task.id, 'settled:mail'))).toEqual([['settled:mail'], ['mail']]);
    expect(await ranBy(() => b.latch.replay(task.id, 'settled'))).toEqual([['settled'], ['bill', 'mail']]);
    expect(await ranBy(() => b.latch.replay(task.id, 'progress'))).toEqual([[], []]);
    await expect(b.latch.replay('nobody')).rejects.toMatchObject({ code: 'unknown_task' });
  });

  it('forgets what deliveries brought before it forgets their task, each in its own time', async () => {
    const clock = manualClock();
    const store = memoryStore({ clock });
    const b = bench(
      { store, close: async () => undefined },
      {
        callbacks: { baseUrl: 'https://app.example.com/callbacks', secret: SECRET, keep: 'full' },
        retention: { contentForMs: 1_000, settledForMs: 5_000 },
        clock,
      },
    );
    b.latch.onSettled(() => undefined);
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    const seen = async () => {
      const { entries } = await b.latch.ledger({ taskId: task.id });
      const delivery = entries.find(({ fact }) => fact.source === 'delivery')?.fact.delivery;
      return {
        body: delivery?.body ?? null,
        hash: delivery?.bodyHash,
        task: (await b.latch.get({ id: task.id }))?.status,
      };
    };
    await b.latch.tick();
    const before = await seen();
    expect(before).toMatchObject({ body: expect.any(String), task: 'succeeded' });
    await clock.advance(2_000);
    await b.latch.tick();
    expect(await seen()).toEqual({ ...before, body: null });
    await clock.advance(5_000);
    await b.latch.tick();
    expect(await seen()).toEqual({ body: null, hash: undefined, task: undefined });
  });

  it('a handler that hangs holds up none of the others', async () => {
    const b = bench(under(), { effects: { concurrency: 2 } });
    const ran: string[] = [];
    b.latch.onSettled(() => new Promise(() => undefined), { name: 'hangs' });
    for (const name of ['mail', 'bill']) b.latch.onSettled(() => void ran.push(name), { name });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    const states = async () => (await b.latch.ledger({ taskId: task.id })).effects.map(({ state }) => state);
    await eventually(
      'the others are done',
      async () => (await states()).filter((state) => state === 'done').length === 3,
    );
    expect(await states()).toEqual(['done', 'done', 'running', 'done']);
    expect([...ran].sort()).toEqual(['bill', 'mail']);
    await b.latch.stop({ withinMs: 10 });
  });

  it('runs progress effects with the newest state, and none after the end', async () => {
    const b = bench(under());
    const seen: unknown[] = [];
    b.latch.onProgress((task) => void seen.push([task.status, task.progress]));
    const task = await submit(b);
    for (const progress of [10, 20, 30]) await b.deliver(task, { status: 'running', progress }, SIGNED);
    await b.latch.tick();
    await b.deliver(task, { status: 'running', progress: 60 }, SIGNED);
    await b.latch.tick();
    await b.deliver(task, DONE, SIGNED);
    await b.latch.tick();
    expect(seen).toEqual([
      ['running', 30],
      ['running', 60],
    ]);
  });

  it('leaves a provider alone that says it is too much, for as long as it says', async () => {
    const b = bench(under(), { checks: { firstWithCallbackMs: 0, factor: 1, capMs: 1 } });
    const busy: Provider<unknown> = {
      ...b.provider,
      status: () => Promise.reject(new ProviderFailure('http_429', 60_000, true)),
    };
    const latch = b.again({ providers: [busy], checks: { firstWithCallbackMs: 0, factor: 1, capMs: 1 } });
    for (let index = 0; index < 5; index++)
      await latch.submit({ provider: b.provider.name, input: {}, key: freshKey() });
    let checks = 0;
    const paused = await listening('pause', async () => {
      for (let round = 0; round < 5; round++) checks += (await latch.tick()).checks;
    });
    expect(paused[0]).toEqual({ provider: b.provider.name, ms: 60_000 });
    expect(checks).toBe(5);
  });

  it('wait gives the task once it is over, or as it stands when the time is', async () => {
    const b = bench(under());
    const task = await submit(b);
    expect((await b.latch.wait(task.id, 30))?.status).toBe('pending');
    const waiting = b.latch.wait(task.id);
    await b.deliver(task, DONE, SIGNED);
    expect((await waiting)?.status).toBe('succeeded');
    expect(await b.latch.wait('tsk_nobody')).toBeUndefined();
  });

  it('tells an operator word for word what he said, and takes it like any other fact', async () => {
    const b = bench(under());
    b.provider.answerNext({ kind: 'unclear', error: { code: 'x', message: null } });
    const task = await submit(b);
    await b.latch.tell(task.id, { externalId: 'found-by-hand', status: 'running' });
    expect(await b.latch.get({ id: task.id })).toMatchObject({ status: 'running', externalId: 'found-by-hand' });
    await b.latch.tell(task.id, { status: 'canceled' });
    await expect(b.latch.tell('tsk_nobody', { status: 'failed' })).rejects.toMatchObject({ code: 'unknown_task' });
    expect((await b.latch.get({ id: task.id }))?.status).toBe('canceled');
  });

  it('seals what came from outside before the store sees it, and opens it for the app', async () => {
    const store = memoryStore();
    const b = bench(
      { store, close: async () => undefined },
      { seal: aesSealer([{ id: 'k1', key: randomBytes(32).toString('base64') }]) },
    );
    const files: unknown[] = [];
    b.latch.onSettled((task) => void files.push(task.result?.files[0]?.url));
    const task = await submit(b);
    await b.deliver(task, { ...DONE, error: { code: 'c', message: 'words of the provider' } }, SIGNED);
    const held = JSON.stringify([await store.get({ id: task.id }), await store.ledger({ taskId: task.id })]);
    expect(held).not.toMatch(/files\.example\.com|words of/);
    await b.latch.tick();
    expect([(await b.latch.get({ id: task.id }))?.result, files]).toEqual([
      DONE.result,
      ['https://files.example.com/a.png'],
    ]);
  });
});
