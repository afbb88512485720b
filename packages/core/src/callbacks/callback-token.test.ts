import { describe, expect, it } from 'vitest';
import { systemRandom } from '../random.js';
import { freshTaskId, taskIdOf } from '../task-id.js';
import { callbackTokens } from './callback-token.js';

const A = 'first secret, thirty-two characters or more';
const B = 'second secret, thirty-two characters or more';

describe('callback tokens', () => {
  it('name their task to whoever holds the secret, and only for their provider', () => {
    const tokens = callbackTokens([A]);
    const id = freshTaskId(systemRandom);
    const token = tokens.mint('apidot', id);
    expect(tokens.verify('apidot', token)).toBe(id);
    expect(tokens.verify('fal', token)).toBeNull();
    expect(callbackTokens([B]).verify('apidot', token)).toBeNull();
  });

  it('are signed with the newest secret and taken with every one in the list', () => {
    const id = freshTaskId(systemRandom);
    const old = callbackTokens([A]).mint('apidot', id);
    const rotated = callbackTokens([B, A]);
    expect(rotated.verify('apidot', old)).toBe(id);
    expect(callbackTokens([A]).verify('apidot', rotated.mint('apidot', id))).toBeNull();
  });

  it('are refused with any one character changed, cut, added, or with another task id in front', () => {
    const tokens = callbackTokens([A]);
    const [id, other] = [freshTaskId(systemRandom), freshTaskId(systemRandom)];
    const token = tokens.mint('apidot', id);
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1);
      expect(tokens.verify('apidot', changed)).toBeNull();
    }
    for (const bad of [
      '',
      '.',
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      token.toUpperCase(),
      `${other}.${token.split('.')[1]}`,
      'x'.repeat(1_000_000),
    ]) {
      expect(tokens.verify('apidot', bad)).toBeNull();
    }
  });

  it('need a secret that is worth the name, and the message says how to get one', () => {
    for (const secrets of [[], [''], ['short'], [A, 'short']])
      expect(() => callbackTokens(secrets)).toThrowError(/at least 32 characters.*randomBytes/s);
  });
});

describe('task ids', () => {
  it('are the same for the same owner and key, and for nobody else', () => {
    expect(taskIdOf('ann', 'k')).toBe(taskIdOf('ann', 'k'));
    const ids = [
      taskIdOf('ann', 'k'),
      taskIdOf('bob', 'k'),
      taskIdOf(null, 'k'),
      taskIdOf('', 'k'),
      taskIdOf('an', 'nk'),
      taskIdOf('ann', 'k2'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^tsk_[a-z2-7]{26}$/);
  });
});
