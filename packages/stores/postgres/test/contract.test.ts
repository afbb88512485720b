import { testAgainstReference, testPromises, testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeOnPg, storeOnPostgresJs } from './store-on.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testStoreContract('postgresStore on pg', storeOnPg, runner);
testStoreContract('postgresStore on postgres.js', storeOnPostgresJs, runner);
testPromises('postgresStore', storeOnPg, runner);
testAgainstReference('postgresStore', storeOnPg, runner, { runs: Number(process.env.REFERENCE_RUNS ?? 100) });
