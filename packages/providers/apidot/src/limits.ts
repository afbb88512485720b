import type { CheckPacing, ProviderLimits } from '@tasklatch/core';
import { apidotFamily } from './families.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/**
 * APIDot's examples ask every 10 s (its own playground every 20 s for video), and call for a moderate interval or backoff. Where a
 * callback is expected the first check waits until a task is usually done (a sister service: images 15-60 s, videos 90-300 s).
 */
const QUICK: CheckPacing = {
  firstWithCallbackMs: 60 * SECOND,
  firstWithoutCallbackMs: 10 * SECOND,
  factor: 1.5,
  capMs: 60 * SECOND,
};
const SLOW: CheckPacing = {
  firstWithCallbackMs: 180 * SECOND,
  firstWithoutCallbackMs: 20 * SECOND,
  factor: 1.5,
  capMs: 120 * SECOND,
};

/**
 * Result files live 24 hours at least, which is the shortest time any page names (the dashboard says 3 days): copy them. How
 * long callbacks are retried is undocumented, and so are rate limits.
 */
export const apidotLimits: ProviderLimits = {
  resultLifetimeMs: 24 * HOUR,
  checks: (task) => (apidotFamily(task.model) === 'image' ? QUICK : SLOW),
};
