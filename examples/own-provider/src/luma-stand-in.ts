import type { RequestListener } from 'node:http';

/** A Luma on this machine, as far as its documents go: a generation is made, dreams a little, and calls back once. */
export function lumaStandIn(dreamMs = 50): RequestListener {
  const made = new Map<string, { id: string; state: string; assets?: object }>();
  return async (request, response) => {
    const [, last = ''] = /([^/]+)$/.exec(request.url ?? '') ?? [];
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      const known = made.get(last);
      response.writeHead(known === undefined ? 404 : 200).end(JSON.stringify(known ?? { detail: 'Not found' }));
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const { callback_url: callbackUrl } = JSON.parse(body);
    const generation: { id: string; state: string; assets?: object } = {
      id: `gen-${made.size + 1}`,
      state: 'dreaming',
    };
    made.set(generation.id, generation);
    response.writeHead(201).end(JSON.stringify({ ...generation, state: 'queued' }));
    setTimeout(() => {
      generation.state = 'completed';
      generation.assets = { video: `https://storage.example.test/${generation.id}.mp4` };
      // A lost callback is the checks' business, here as there.
      if (callbackUrl) fetch(callbackUrl, { method: 'POST', body: JSON.stringify(generation) }).catch(() => undefined);
    }, dreamMs);
  };
}
