import type { TaskResult } from '@tasklatch/core';
import { aDelivery } from '../a-delivery.js';
import type { Suite } from './suite.js';
import { only, present } from './world.js';

/** Text and numbers a provider may send. All of JSON comes back as it went in, NUL characters and half surrogate pairs included. */
const ODD_TEXT = 'nul \u0000, half \ud83d a pair \udc00, \u001f \u2028 \\u0000 \\ \' " $1 %s {} [] 日本 🙂';
const ODD_DATA = {
  numbers: [0, -1, 0.1 + 0.2, 1e-300, 1.7976931348623157e308, 9007199254740991, 1234567890123456, 1.2345678901234567],
  empty: [[], {}, '', null, false],
  [ODD_TEXT]: ODD_TEXT,
  'a.b': { $set: { ':x': 1 } },
  deep: JSON.parse(`${'['.repeat(60)}1${']'.repeat(60)}`) as unknown,
};

export function valueCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('returns results and errors exactly as they came', async ({ submit, fact, store, task, ledger }) => {
    const one = await submit();
    const result: TaskResult = { files: [{ url: `https://x.example/${ODD_TEXT}`, kind: 'other' }], data: ODD_DATA };
    const said = fact({ externalId: one.externalId, status: 'succeeded', result });
    await store.record([said]);
    expect((await task(one.id)).result).toEqual(result);
    expect(present((await ledger(one.id)).entries[1]).fact).toEqual(said);
    expect(only(await store.record([said])).duplicate).toBe(true);
    const two = await submit();
    const error = { code: ODD_TEXT, message: ODD_TEXT };
    await store.record([fact({ externalId: two.externalId, status: 'failed', error, providerStatus: ODD_TEXT })]);
    expect((await task(two.id)).error).toEqual(error);
    expect(present((await ledger(two.id)).entries[1]).fact).toMatchObject({ error, providerStatus: ODD_TEXT });
  });

  it('tells a result without data from one whose data is null', async ({ submit, say, task }) => {
    const none = await submit();
    await say({ externalId: none.externalId, status: 'succeeded', result: { files: [] } });
    expect((await task(none.id)).result).toEqual({ files: [] });
    const nothing = await submit();
    await say({ externalId: nothing.externalId, status: 'succeeded', result: { files: [], data: null } });
    expect((await task(nothing.id)).result).toEqual({ files: [], data: null });
  });

  it('tells external ids apart to the last character, whatever is in them', async ({ open, say, store, provider }) => {
    const ids = [
      'a\u0000b',
      'a\\u0000b',
      'a',
      'A',
      'a ',
      ' a',
      'a\ud800',
      'a\ud801',
      'a\ufffd',
      'é',
      'e\u0301',
      'a:1',
      'a/1',
      'x'.repeat(2000),
    ];
    for (const externalId of ids) {
      const { id } = await open();
      const said = await say({ taskId: id, externalId, source: 'submit', status: 'pending' });
      expect(said).toMatchObject({ outcome: 'noted', task: { id, externalId } });
    }
    for (const externalId of ids) {
      expect((await store.get({ provider, externalId }))?.externalId).toBe(externalId);
      expect((await say({ externalId, status: 'succeeded' })).task?.externalId).toBe(externalId);
    }
  });

  it('quarantines and adopts odd facts too', async ({ open, fact, store, quarantine, ledger, say }) => {
    const delivery = aDelivery('\u0000', { headers: { 'x-odd': ODD_TEXT }, keyId: ODD_TEXT });
    const orphan = fact({ externalId: ODD_TEXT, providerStatus: ODD_TEXT, status: 'failed', delivery });
    await store.record([orphan]);
    expect(only(await quarantine()).fact).toEqual(orphan);
    const { id } = await open();
    await say({ taskId: id, externalId: ODD_TEXT, source: 'submit', status: 'pending' });
    expect(present((await ledger(id)).entries[1]).fact).toEqual(orphan);
  });

  it('takes a large result in', async ({ submit, say, task }) => {
    const { id, externalId } = await submit();
    const data = Array.from({ length: 5000 }, (_, index) => ({ index, text: `line ${index} — ${'x'.repeat(80)}` }));
    await say({ externalId, status: 'succeeded', result: { files: [], data } });
    expect((await task(id)).result).toEqual({ files: [], data });
  });

  it('writes nothing of a batch when it refuses one fact of it', async (world) => {
    const one = await world.submit();
    const two = await world.submit();
    const good = world.fact({ externalId: one.externalId, status: 'running', progress: 10 });
    const orphan = world.fact({ externalId: `nobody-${one.id}`, status: 'failed' });
    // No JSON can hold this: only a bug in a provider package makes such a fact.
    const bad = world.fact({
      externalId: two.externalId,
      status: 'succeeded',
      key: 'bad',
      result: { files: [], data: 1n },
    });
    const refused = await world.store.record([good, orphan, bad, good]).then(
      () => false,
      () => true,
    );
    if (refused) {
      expect((await world.task(one.id)).status).toBe('pending');
      expect((await world.ledger(one.id)).entries.length).toBe(1);
      expect((await world.task(two.id)).status).toBe('pending');
      expect(await world.quarantine()).toEqual([]);
    }
    const said = await world.store.record([good, orphan]);
    expect(said.map(({ outcome, duplicate }) => [outcome, duplicate])).toEqual([
      ['noted', !refused],
      ['quarantined', !refused],
    ]);
  });
}
