import type { Emulation } from '../emulation.js';
import type { StatusFaults } from '../faults/faults.js';
import { firstToHappen, happens, type Turn } from '../faults/happens.js';
import { type EmulatedTask, opposite, pendingView, type TaskView, viewEnd, viewTask } from '../tasks/task.js';
import { taskBody } from '../tasks/task-body.js';
import { isAuthorized } from './api-key.js';
import { type Misanswer, misanswer } from './misanswer.js';
import { sendProviderError } from './provider-error.js';
import type { Route } from './route.js';
import { sendJson } from './send.js';

const DEFAULT_SLOW_MS = 2000;
const STATUS_PATH = '/api/generate/status/';

const failures = [
  'rateLimit',
  'timeout',
  'error',
  'reset',
  'hang',
  'notFound',
  'businessError',
  'garbled',
] as const satisfies readonly (keyof StatusFaults & Misanswer)[];

/** Words that no page lists; the first is named in types of the provider's own site. */
const unknownWords: readonly [string, ...string[]] = ['processing', 'waiting_for_capacity'];

/** `GET /api/generate/status/{task_id}` and `GET /api/generate/detail/music?task_id=`, which differ only in the items. */
export function statusRoute(emulation: Emulation, kind: 'status' | 'music'): Route {
  const { counter, register, timers } = emulation;
  let overall = 0;

  return async (request, response, url) => {
    overall++;
    counter.add(kind === 'status' ? 'statusChecks' : 'musicDetailChecks');
    const turnedAway = (status: 401 | 404) => {
      counter.refuse(status === 401 ? 'unauthorized' : 'unknownTask');
      const detail = emulation.draw.under('check').under(overall).hits(emulation.faults().detailErrors, 'detailErrors');
      sendProviderError(response, { status, detail });
    };
    if (!isAuthorized(request, emulation.apiKey)) return turnedAway(401);
    const id = kind === 'status' ? decode(url.pathname.slice(STATUS_PATH.length)) : url.searchParams.get('task_id');
    const task = register.get(id ?? '');
    if (!task) return turnedAway(404);

    const nth = ++task.checks;
    const turn: Turn = { draw: task.draw.under('check').under(nth), nth, overall };
    const all = emulation.faultsOf(task);
    const faults = all.status ?? {};
    const failure = firstToHappen(failures, faults, 'status', turn);
    if (failure) {
      counter.fault(`status.${failure}`);
      const { retryAfterS, errorStatus } = faults;
      const detail = turn.draw.hits(all.detailErrors, 'detailErrors');
      return misanswer(request, response, failure, { retryAfterS, errorStatus, detail });
    }

    const hit = (name: 'unknownStatus' | 'regress' | 'missingProgress' | 'slow') => {
      const happened = happens(faults[name], `status.${name}`, turn);
      if (happened) counter.fault(`status.${name}`);
      return happened;
    };
    let view = terminalView(task, faults, counter.fault) ?? viewPending(task);
    if (view.status === 'running' && hit('regress')) view = pendingView('not_started', 0);
    if (!view.verdict && hit('unknownStatus')) {
      const [first = unknownWords[0], ...rest] = faults.unknownWords ?? unknownWords;
      view = pendingView(turn.draw.pick([first, ...rest], 'status.unknownWord'), view.progress);
    }
    const data = taskBody(task, view, emulation.baseUrl(), {
      outputFiles: task.draw.hits(faults.outputFiles, 'status.outputFiles'),
      musicItems: kind === 'music',
      withProgress: kind === 'status' && !hit('missingProgress'),
    });
    // What a slow answer says is as old as its question.
    if (hit('slow')) await timers.pause(turn.draw.amount(faults.slowMs ?? DEFAULT_SLOW_MS, 'status.slowMs'));
    sendJson(response, 200, { code: 200, data });
  };
}

/** What a check says after the end; undefined while the status lags behind, and before the end. */
function terminalView(task: EmulatedTask, faults: StatusFaults, onFault: (name: string) => void): TaskView | undefined {
  const { end, draw } = task;
  if (!end) return undefined;
  task.checksAfterEnd++;
  const lagMs = draw.amount(faults.lagMs ?? 0, 'status.lagMs');
  const lagChecks = Math.round(draw.amount(faults.lagChecks ?? 0, 'status.lagChecks'));
  if (Date.now() < end.at + lagMs || task.checksAfterEnd <= lagChecks) {
    onFault('status.lag');
    return undefined;
  }
  const flipped = task.terminalAnswers++ > 0 && draw.hits(faults.flips, 'status.flips');
  if (flipped) onFault('status.flips');
  return viewEnd(end, flipped ? opposite(end.verdict) : end.verdict);
}

function viewPending(task: EmulatedTask): TaskView {
  return task.end ? pendingView('running', 95) : viewTask(task, Date.now());
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
