import { describe, expect, it } from 'vitest';
import { belowMount } from './below-mount.js';

describe('belowMount', () => {
  it.each([
    ['/callbacks/acme/token', '/callbacks', '/acme/token'],
    ['/callbacks/acme/token', '/callbacks/', '/acme/token'],
    ['/callbacks', '/callbacks', '/'],
    ['/callbacks?a=1', '/callbacks', '/?a=1'],
    ['/callbacks/?a=/b', '/callbacks', '/?a=/b'],
    ['/a%2Fb/c', '', '/a%2Fb/c'],
    ['http://host:1/callbacks/x?y', '/callbacks', '/x?y'],
    ['https://host', '', '/'],
    ['https://host?a=1', '', '/?a=1'],
    ['', '', '/'],
    ['*', '', '/*'],
  ])('%s below "%s" is %s', (target, mount, path) => {
    expect(belowMount(target, mount)).toBe(path);
  });

  it.each([
    ['/callbacksandmore', '/callbacks'],
    ['/other', '/callbacks'],
    ['/', '/callbacks'],
  ])('%s is not below %s', (target, mount) => {
    expect(belowMount(target, mount)).toBe(undefined);
  });
});
