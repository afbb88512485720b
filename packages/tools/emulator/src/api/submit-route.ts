import type { Emulation } from '../emulation.js';
import { mergeFaults, type SubmitFaults } from '../faults/faults.js';
import { firstToHappen, happens, type Turn } from '../faults/happens.js';
import { isRecord } from '../input/input-rule.js';
import { checkInput } from '../input/input-rules.js';
import type { Family } from '../input/models.js';
import { makeTask } from '../tasks/make-task.js';
import type { EmulatedTask } from '../tasks/task.js';
import { createdTime } from '../tasks/task-body.js';
import { isAuthorized } from './api-key.js';
import { type Misanswer, misanswer } from './misanswer.js';
import { sendProviderError } from './provider-error.js';
import type { Route } from './route.js';
import { parseJson, readBody, sendJson } from './send.js';

/** The provider's own limit is undocumented. */
const MOST_BODY_BYTES = 10 * 1024 * 1024;
const DEFAULT_SLOW_MS = 2000;

/** In the order in which they are tried, and what the client sees of them. */
const before = {
  rateLimit: 'rateLimit',
  paymentRequired: 'paymentRequired',
  businessError: 'businessError',
  timeoutBefore: 'timeout',
  errorBefore: 'error',
  resetBefore: 'reset',
  hangBefore: 'hang',
} as const satisfies Partial<Record<keyof SubmitFaults, Misanswer>>;

const after = {
  timeoutAfter: 'timeout',
  errorAfter: 'error',
  resetAfter: 'reset',
  hangAfter: 'hang',
  garbledAfter: 'garbled',
  idMissingAfter: 'idMissing',
} as const satisfies Partial<Record<keyof SubmitFaults, Misanswer>>;

/** `POST /api/generate/submit`. */
export function submitRoute(emulation: Emulation): Route {
  const { counter, register, life, scripts, timers } = emulation;
  let ordinal = 0;

  return async (request, response) => {
    const thisOrdinal = ++ordinal;
    counter.add('submits');
    const bytes = await readBody(request, MOST_BODY_BYTES);
    if (!bytes) {
      counter.refuse('tooLarge');
      return sendProviderError(response, { status: 413 });
    }
    const general = emulation.draw.under(thisOrdinal);
    const generalDetail = general.hits(emulation.faults().detailErrors, 'detailErrors');
    if (!isAuthorized(request, emulation.apiKey)) {
      counter.refuse('unauthorized');
      return sendProviderError(response, { status: 401, detail: generalDetail });
    }
    const body = parseJson(bytes);
    if (!isRecord(body)) {
      counter.refuse('invalid');
      if (!generalDetail)
        return sendProviderError(response, { status: 400, message: 'The body must be a JSON object' });
      // The sister service's form; what the entries hold is undocumented.
      return sendJson(response, 422, { detail: [{}] });
    }

    const marker = emulation.markerOf(body);
    const nth = marker === undefined ? thisOrdinal : register.seen(marker);
    const draw =
      emulation.decideBy === 'marker' && marker !== undefined ? emulation.draw.under(marker).under(nth) : general;
    const turn: Turn = { draw, nth, overall: thisOrdinal };
    const model = typeof body.model === 'string' ? body.model : '';
    const overrides = scripts.take({ ordinal: thisOrdinal, model, marker, body });
    const faults = overrides ? mergeFaults(emulation.faults(), overrides) : emulation.faults();
    const submitFaults = faults.submit ?? {};
    const detail = draw.hits(faults.detailErrors, 'detailErrors');
    const fail = (name: string, how: Misanswer) => {
      counter.fault(`submit.${name}`);
      const { retryAfterS, errorStatus } = submitFaults;
      misanswer(request, response, how, { retryAfterS, errorStatus, detail });
    };

    const turnedAway = firstToHappen(namesOf(before), submitFaults, 'submit', turn);
    if (turnedAway) return fail(turnedAway, before[turnedAway]);

    const family = emulation.models.get(model);
    const problem = problemOf(body, model, family);
    if (family === undefined || problem !== undefined) {
      counter.refuse('invalid');
      return sendProviderError(response, { status: 400, message: problem ?? 'model is required', detail });
    }
    if (!register.hasRoom()) {
      counter.refuse('full');
      return sendProviderError(response, { status: 503, message: 'The emulator holds as many live tasks as it may' });
    }

    const task = makeTask(emulation, { ordinal: thisOrdinal, model, family, marker, body, turn, faults, overrides });
    await life.begin(task);
    if (happens(submitFaults.slow, 'submit.slow', turn)) {
      counter.fault('submit.slow');
      await timers.pause(draw.amount(submitFaults.slowMs ?? DEFAULT_SLOW_MS, 'submit.slowMs'));
    }
    const lost = firstToHappen(namesOf(after), submitFaults, 'submit', turn);
    if (lost) return fail(lost, after[lost]);
    task.answered = true;
    counter.add('submitsAnswered');
    sendJson(response, 200, answerFor(task, submitFaults));
  };
}

function problemOf(
  body: Readonly<Record<string, unknown>>,
  model: string,
  family: Family | undefined,
): string | undefined {
  if (model === '') return 'model is required';
  if (!family) return `Model ${model.slice(0, 100)} is not supported`;
  if (!isRecord(body.input)) return 'input is required';
  const { callback_url: callbackUrl } = body;
  const isUrl = typeof callbackUrl === 'string' && URL.canParse(callbackUrl) && /^https?:/i.test(callbackUrl);
  // Null and empty switch the callback off.
  if (callbackUrl !== undefined && callbackUrl !== null && callbackUrl !== '' && !isUrl) {
    return 'callback_url must be an http or https URL';
  }
  return checkInput(model, body.input);
}

function answerFor(task: EmulatedTask, faults: SubmitFaults): unknown {
  const firstStatus = faults.firstStatus ?? 'not_started';
  const status =
    firstStatus === 'mixed' ? task.draw.pick(['not_started', 'running', 'missing'], 'submit.firstStatus') : firstStatus;
  return {
    code: task.draw.hits(faults.codeZero, 'submit.codeZero') ? 0 : 200,
    data: { task_id: task.id, ...(status === 'missing' ? {} : { status }), created_time: createdTime(task) },
  };
}

/** The names of a table, in its order. */
function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  // `keyof` of a closed table: it has no other keys.
  return Object.keys(table) as Name[];
}
