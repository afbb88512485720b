import type { ResultFile } from '@tasklatch/core';
import type { CannedAnswer } from '@tasklatch/testing';
import { fixture } from './fixture.js';

// The ids that the fixtures name.
export const UNIFIED = 'task-unified-1757165031-uyujaw3d';
export const MUSIC = 'task-music-1757165031-uyujaw3d';
export const SISTER = '8FDN1I7M7Q68DDG8';

/** The failure that the fixtures show. */
export const policy = { code: 'failed', message: 'The prompt violates our content policy' };

/** An answer whose body is a fixture. */
export const answers = (name: string, status = 200): CannedAnswer => ({ status, body: fixture(name) });

export const file = (url: string, kind: ResultFile['kind']): ResultFile => ({ url, kind });
