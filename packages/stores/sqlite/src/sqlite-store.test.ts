import { testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStore } from '../test/make-store.js';

testStoreContract('sqlite', makeStore, { describe, it, expect, beforeAll, afterAll });
