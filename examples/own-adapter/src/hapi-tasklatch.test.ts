import { readFileSync } from 'node:fs';
import { server as hapi, type Request } from '@hapi/hapi';
import { type ServeAdapter, testAdapterContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { hapiTasklatch } from './hapi-tasklatch.js';

/** hapi parses bodies route by route, so no parser runs before ours, whatever `parser` says. */
const serve: ServeAdapter = async ({ callbacksAt, latch, owner, tasks, tasksAt }) => {
  const app = hapi({ host: '127.0.0.1', port: 0 });
  app.ext('onPreResponse', ({ response }, h) => {
    if (!('isBoom' in response) || response.output.statusCode !== 500) return h.continue;
    return h.response("the app's own error page").code(500).header('x-app-error', response.message);
  });
  const userOf = (request: Request): string | undefined => owner(request.raw.req.headers['x-user']?.toString());
  const options = { ...tasks, latch, callbacksAt, tasksAt, owner: userOf };
  await app.register({ plugin: hapiTasklatch, options });
  app.route({
    method: 'POST',
    path: '/own',
    handler: (request, h) => h.response({ body: request.payload }).header('x-own', 'yes'),
  });
  await app.start();
  return {
    url: `http://127.0.0.1:${app.info.port}`,
    async close() {
      app.listener.closeAllConnections();
      await app.stop({ timeout: 0 });
    },
  };
};

testAdapterContract('hapi', serve, { describe, it, expect });

it('the page about writing an adapter shows this very file', () => {
  const page = readFileSync(new URL('../../../docs/write-an-adapter.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL('hapi-tasklatch.ts', import.meta.url), 'utf8').trimEnd();
  expect(page).toContain(`\`\`\`ts\n${source}\n\`\`\``);
  expect(source.split('\n').length).toBeLessThan(60);
});
