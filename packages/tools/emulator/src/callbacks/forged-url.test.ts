import { expect, test } from 'vitest';
import { forgedUrl } from './forged-url.js';

test.each([
  ['http://localhost:1/cb/apidot/0123456789', 'http://localhost:1/cb/apidot/01234A6789'],
  ['http://localhost:1/cb/AAAAAAAAAA', 'http://localhost:1/cb/AAAAABAAAA'],
  ['http://localhost:1/cb?token=0123456789&x=1', 'http://localhost:1/cb?token=01234A6789&x=1'],
  ['http://localhost:1/cb/abcde-----.fgh', 'http://localhost:1/cb/abcde-----.Agh'],
  ['http://localhost:1/', 'http://localhost:1/forged'],
  ['http://localhost:1', 'http://localhost:1/forged'],
  ['http://localhost:1/a/%41%42%43%44', 'http://localhost:1/a/%41%42%43%44/forged'],
])('%s becomes %s', (url, forged) => {
  expect(forgedUrl(url)).toBe(forged);
});
