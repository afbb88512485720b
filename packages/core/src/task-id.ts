import { createHash } from 'node:crypto';
import { base32, type Random } from './random.js';

const PREFIX = 'tsk_';

/** The task id of a submit key: the same key of the same owner is the same task, with no index to keep. */
export function taskIdOf(owner: string | null, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(['tasklatch', owner, key]))
    .digest();
  return PREFIX + base32(digest).slice(0, 26);
}

export const freshTaskId = (random: Random): string => PREFIX + random.token();

export const isTaskId = (text: string): boolean => /^tsk_[a-z2-7]{26}$/.test(text);
