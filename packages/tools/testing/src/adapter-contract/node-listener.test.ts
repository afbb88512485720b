import { describe, expect, it } from 'vitest';
import { serveNodeApp } from './serve-node-app.js';
import { testAdapterContract } from './test-adapter-contract.js';

testAdapterContract('node:http', (parts) => serveNodeApp(parts), { describe, it, expect });
