import { DONE } from './adapter-bench.js';
import { BODY_PARSERS } from './adapter-parts.js';
import type { AdapterSuite } from './adapter-suite.js';

const ODD = Buffer.from('{ "status" : "succeeded", "text": "\\u00e9", "n": 1.0 }');

/**
 * Body parsers that run first. What signs nothing works after any of them. What signs its bytes works where the bytes were kept; where they are
 * gone the answer is 500, and the log says once which line of code brings them back.
 */
export function parserCases({ expect, it }: AdapterSuite): void {
  for (const parser of BODY_PARSERS) {
    it(`takes unsigned JSON after the parser "${parser}"`, { parser }, async (bench) => {
      const task = await bench.task('plain');
      expect((await bench.deliver(task, ODD)).status).toBe(200);
      expect(JSON.parse(Buffer.from(bench.plain.seen.at(-1)?.body ?? []).toString())).toEqual({
        status: 'succeeded',
        text: 'é',
        n: 1,
      });
      expect((await bench.read(task))?.status).toBe('succeeded');
      expect(bench.logged).toEqual([]);
    });

    it(`takes an unsigned form after the parser "${parser}"`, { parser }, async (bench) => {
      const task = await bench.task('plain');
      const headers = ['Content-Type: application/x-www-form-urlencoded'];
      const form = 'status=succeeded&text=%C3%A9+%26&text=two';
      expect((await bench.deliver(task, form, { headers, withoutType: true })).status).toBe(200);
      const read = new URLSearchParams(Buffer.from(bench.plain.seen.at(-1)?.body ?? []).toString());
      expect(read.getAll('text')).toEqual(['é &', 'two']);
      expect((await bench.read(task))?.status).toBe('succeeded');
    });

    it(`takes an empty body and a text after the parser "${parser}"`, { parser }, async (bench) => {
      const task = await bench.task('plain');
      expect((await bench.deliver(task, '')).status).toBe(200);
      const text = await bench.deliver(task, 'just words', {
        headers: ['Content-Type: text/plain'],
        withoutType: true,
      });
      expect(text.status).toBe(200);
      expect(Buffer.from(bench.plain.seen.at(-1)?.body ?? []).toString()).toBe('just words');
    });

    it(`takes signed bytes after the parser "${parser}", or says how to keep them`, { parser }, async (bench) => {
      const task = await bench.task('signed');
      const answers = [await bench.deliver(task, ODD), await bench.deliver(task, ODD), await bench.deliver(task, DONE)];
      const [first] = answers;
      const kept = parser === 'none' || parser === 'raw' || parser === 'rawBody';
      if (kept || first?.status === 200) {
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(Buffer.from(bench.signed.seen[0]?.body ?? []).equals(ODD)).toBe(true);
        expect(bench.logged).toEqual([]);
        return;
      }
      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
      expect(JSON.parse(first?.body ?? '')).toEqual({ ok: false, reason: 'body_consumed' });
      expect(bench.signed.seen.length).toBe(0);
      expect((await bench.read(task))?.status).toBe('pending');
      expect(bench.logged.length).toBe(1);
      // A line of code, for this framework.
      expect(/Fix: .{20,}/.test(bench.logged[0] ?? '')).toBe(true);
    });

    it(`serves tasks after the parser "${parser}"`, { parser }, async (bench) => {
      const task = await bench.task();
      expect((await bench.ask(`/${task.id}`, 'alice')).status).toBe(200);
    });
  }

  it('leaves a body alone that the parser before it does not understand', { parser: 'json' }, async (bench) => {
    const task = await bench.task('signed');
    const answer = await bench.deliver(task, ODD, { headers: ['Content-Type: text/x-other'], withoutType: true });
    expect(answer.status).toBe(200);
  });

  it('does not take more than the limit from a parser either', { parser: 'raw', limitBytes: 1_000 }, async (bench) => {
    const task = await bench.task('signed');
    expect((await bench.deliver(task, ' '.repeat(1_001))).status).toBe(413);
  });
}
