import type { Route } from '../api/route.js';
import { parseJson, readBody, sendJson } from '../api/send.js';
import { type ForgedKind, forgedKinds } from '../faults/faults.js';
import type { Match } from '../faults/scripts.js';
import { isRecord } from '../input/input-rule.js';
import { isLoopbackUrl } from '../loopback.js';
import type { Control } from './control.js';

const MOST_BODY_BYTES = 1024 * 1024;

/** Does one thing for another process; what it returns is the JSON answer. Throws what the caller did wrong. */
type Act = (control: Control, body: Readonly<Record<string, unknown>>, query: URLSearchParams) => unknown;

const acts: Readonly<Record<string, Act>> = {
  'GET counts': (control) => control.counts(),
  'GET tasks': (control, _, query) => {
    const marker = query.get('marker');
    const tasks = control.tasks();
    return marker === null
      ? { tasks }
      : { tasks: tasks.filter((task) => task.marker === marker), submits: control.submitsOf(marker) };
  },
  'GET faults': (control) => control.faults(),
  'PUT faults': (control, body) => {
    control.setFaults(body);
    return control.faults();
  },
  'POST script': (control, body) => {
    // Checked by `script`.
    control.script(matchFrom(body.match), body.faults as object);
    return {};
  },
  'POST finish': (control, body) => {
    const { verdict } = body;
    if (verdict !== undefined && verdict !== 'finished' && verdict !== 'failed') {
      throw new TypeError('verdict must be finished or failed.');
    }
    return { ended: control.finish(taskIdFrom(body), verdict) };
  },
  'POST redeliver': async (control, body) => {
    const { copies = 1 } = body;
    if (typeof copies !== 'number' || !Number.isInteger(copies) || copies < 1)
      throw new TypeError('copies must be 1 or more.');
    return { answers: await control.redeliver(taskIdFrom(body), copies) };
  },
  'POST forge': async (control, body) => {
    const { kinds = forgedKinds } = body;
    if (!Array.isArray(kinds) || !kinds.every(isForgedKind))
      throw new TypeError(`kinds must be of ${forgedKinds.join(', ')}.`);
    return { answers: await control.forge(taskIdFrom(body), kinds) };
  },
  'GET idle': async (control) => {
    await control.idle();
    return { idle: true };
  },
};

/** `/__emulator/…`: the control functions for other processes and for pages served from this machine. */
export function controlRoute(control: Control): Route {
  return async (request, response, url) => {
    const origin = request.headers.origin;
    // Another site's page, or a name that was made to point here, must not steer the emulator.
    if (!isLocal(`http://${request.headers.host}`) || (origin !== undefined && !isLocal(origin))) {
      return sendJson(response, 403, { error: 'The emulator takes orders from this machine only.' });
    }
    const cors = {
      ...(origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' }),
      'access-control-allow-methods': 'GET, PUT, POST',
      'access-control-allow-headers': 'content-type',
    };
    if (request.method === 'OPTIONS') return sendJson(response, 200, {}, cors);

    const act = acts[`${request.method} ${url.pathname.slice('/__emulator/'.length)}`];
    if (!act) return sendJson(response, 404, { error: `There is: ${Object.keys(acts).join(', ')}.` }, cors);
    const bytes = await readBody(request, MOST_BODY_BYTES);
    const body = bytes?.length === 0 ? {} : bytes && parseJson(bytes);
    if (!isRecord(body)) return sendJson(response, 400, { error: 'The body must be a JSON object.' }, cors);
    try {
      sendJson(response, 200, await act(control, body, url.searchParams), cors);
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : 'The request failed.' }, cors);
    }
  };
}

/** `"next"`, or the marker and model that a submit must have. */
function matchFrom(match: unknown): Match {
  if (match === 'next') return 'next';
  if (!isRecord(match) || (match.marker === undefined && match.model === undefined)) {
    throw new TypeError('match must be "next" or have a marker or a model.');
  }
  const { marker, model } = match;
  return (submit) =>
    (marker === undefined || submit.marker === marker) && (model === undefined || submit.model === model);
}

function taskIdFrom(body: Readonly<Record<string, unknown>>): string {
  if (typeof body.taskId !== 'string') throw new TypeError('taskId is required.');
  return body.taskId;
}

function isForgedKind(kind: unknown): kind is ForgedKind {
  return forgedKinds.some((known) => known === kind);
}

function isLocal(address: string): boolean {
  return URL.canParse(address) && isLoopbackUrl(new URL(address));
}
