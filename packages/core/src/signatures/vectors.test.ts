import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bflSignature,
  elevenLabsSignature,
  falSignature,
  githubSignature,
  heyGenSignature,
  ideogramSignature,
  kieSignature,
  muxSignature,
  openRouterSignature,
  type SignatureScheme,
  sharedHeaderPreset,
  standardWebhooksSignature,
  stripeSignature,
  svixSignature,
  waveSpeedSignature,
} from '../index.js';

interface Vector {
  id: string;
  category: string;
  valid: boolean;
  normative: boolean;
  why: string;
  secret: string;
  public_key: string;
  jwks: object;
  headers: Record<string, string>;
  body: string;
  body_sha256: string;
  now: number;
  provider: string;
  token_header: string;
  token_form: 'raw' | 'bearer';
}

const folder = new URL('vectors/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'index.json');
const vectorsOf = (file: string): Vector[] => JSON.parse(readFileSync(new URL(file, folder), 'utf8')).vectors;

const schemes: Record<string, (vector: Vector) => SignatureScheme> = {
  'standard-webhooks': standardWebhooksSignature,
  'standard-webhooks-v1a': ({ public_key }) => standardWebhooksSignature({ secret: public_key }),
  replicate: standardWebhooksSignature,
  openai: standardWebhooksSignature,
  svix: svixSignature,
  wavespeed: waveSpeedSignature,
  stripe: stripeSignature,
  mux: muxSignature,
  elevenlabs: elevenLabsSignature,
  openrouter: openRouterSignature,
  github: githubSignature,
  bfl: bflSignature,
  heygen: heyGenSignature,
  kie: kieSignature,
  fal: ({ jwks }) => falSignature({ keys: jwks }),
  ideogram: ({ jwks }) => ideogramSignature({ keys: jwks }),
  'static-token': ({ secret, provider, token_header, token_form }) =>
    sharedHeaderPreset({ name: provider, header: token_header.toLowerCase(), form: token_form })({ secret }),
};

/** Where we conclude otherwise than a vector that is not normative, on purpose. */
const STRICTER: Record<string, string> = {
  'lenient/timestamp-trailing-text': 'digits and nothing else, so that the text checked is the text signed',
  'lenient/third-field': 'an entry is a label and a value',
};
const LAXER: Record<string, string> = {
  'lenient/empty-body-signed': 'a rightly signed empty body is authentic; what it means is for the parser to say',
};

async function accepted(file: string, vector: Vector): Promise<boolean> {
  const headers = new Map(Object.entries(vector.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const make = schemes[file.replace('.json', '')];
  if (make === undefined) throw new Error(`no scheme for ${file}`);
  let scheme: SignatureScheme;
  try {
    scheme = make(vector);
  } catch (error) {
    // No secret configured: refused at the start.
    expect(vector.secret).toBe('');
    expect(error).toMatchObject({ code: 'invalid_options' });
    return false;
  }
  const body = Buffer.from(vector.body, 'utf8');
  expect(createHash('sha256').update(body).digest('hex')).toBe(vector.body_sha256);
  const verdict = await scheme.verify({ header: (name) => headers.get(name), body, receivedAt: vector.now * 1000 });
  expect(['signed', 'forged']).toContain(verdict.kind);
  return verdict.kind === 'signed';
}

describe.each(files)('the vectors of %s', (file) => {
  const vectors = vectorsOf(file);
  it.each(vectors.filter((vector) => vector.normative))('$id $category: $why', async (vector) => {
    expect(await accepted(file, vector)).toBe(vector.valid);
  });

  it('differs from the others only where it means to', async () => {
    for (const vector of vectors.filter(({ normative }) => !normative)) {
      const verdict = await accepted(file, vector);
      if (verdict === vector.valid) continue;
      const reasons = verdict ? LAXER : STRICTER;
      expect(Object.keys(reasons), `${vector.id}: ${vector.category}`).toContain(vector.category);
    }
  });
});

it('has every vector of the index', () => {
  expect(files.flatMap(vectorsOf)).toHaveLength(508);
});
