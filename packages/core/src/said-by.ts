import { withoutTokens } from './callbacks/callback-token.js';
import { cleanText, storable, storableJson } from './clean-text.js';
import { unparseable } from './errors.js';
import type { Fact, ProviderFact } from './fact.js';
import type { TaskError, TaskResult } from './task.js';
import { deeperThan } from './wire/json-of.js';
import { fileAt, MAX_FILES } from './wire/result-files.js';

type Said = Pick<Fact, 'externalId' | 'status' | 'providerStatus' | 'progress' | 'result' | 'error'>;

const STATUSES: ReadonlySet<unknown> = new Set(['pending', 'running', 'succeeded', 'failed', 'canceled']);
const KINDS: ReadonlySet<unknown> = new Set(['image', 'video', 'audio', 'model', 'other']);
const MAX_PROVIDER_STATUS = 200;
/** Half as deep again as what `jsonOf` reads; a database gives up at some thousands. */
const MAX_DEPTH = 96;

/** True for a status that counts as pending and is to be reported: the provider package says so, or it is none of ours. */
export const hasUnknownStatus = ({ status, unknownStatus }: ProviderFact): boolean =>
  unknownStatus === true || !((status ?? null) === null || STATUSES.has(status));

/**
 * What a provider said, made fit to be joined, kept and shown, so that no provider package can forget it: an unlisted status is pending,
 * progress is 0 to 100, texts are bounded and hold nothing a database refuses, and no callback URL that was quoted comes back.
 * Throws `unparseable` for a result that is no JSON or is nested past 96 levels.
 */
export function saidBy(said: ProviderFact): Said {
  const { externalId, status, providerStatus, progress, result, error } = said;
  return {
    externalId: externalId ?? null,
    status: hasUnknownStatus(said) ? 'pending' : (status ?? null),
    providerStatus:
      typeof providerStatus === 'string' ? storable(kept(providerStatus).slice(0, MAX_PROVIDER_STATUS)) : null,
    progress:
      typeof progress === 'number' && Number.isFinite(progress)
        ? Math.min(100, Math.max(0, Math.round(progress)))
        : null,
    result: result === null || result === undefined ? null : resultSaid(result),
    error: error === null || error === undefined ? null : errorSaid(error),
  };
}

/** A code is a word of at most 64 characters, else `other`; a message has at most 1000. */
export function errorSaid({ code, message }: TaskError): TaskError {
  const isWord = typeof code === 'string' && /^[\w.:-]{1,64}$/.test(code) && withoutTokens(code) === code;
  return { code: isWord ? code : 'other', message: typeof message === 'string' ? cleanText(kept(message)) : null };
}

/** At most 1000 files, each at an http(s) URL; `data` as JSON has it. */
function resultSaid({ files, data }: TaskResult): TaskResult {
  const found = files.slice(0, MAX_FILES).flatMap(({ url, kind }) => {
    const file = fileAt(typeof url === 'string' ? withoutTokens(url) : url);
    return file === undefined ? [] : [{ url: file.url, kind: KINDS.has(kind) ? kind : file.kind }];
  });
  const json = jsonSaid(data);
  return json === undefined ? { files: found } : { files: found, data: json };
}

/** The data as JSON has it (a Date is a text there); undefined where there is none. */
function jsonSaid(data: unknown): unknown {
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch {
    // Circular, a BigInt, or deeper than the stack: only a mistake in a provider package makes such a result.
    throw unparseable('The result is no JSON.');
  }
  if (json === undefined) return undefined;
  if (deeperThan(MAX_DEPTH, json)) throw unparseable(`The result is nested past ${MAX_DEPTH} levels.`);
  return storableJson(JSON.parse(json), kept);
}

/** Cleaned first: what is removed could hide a token. */
const kept = (text: string): string => withoutTokens(storable(text));
