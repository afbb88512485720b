import type { ProviderLimits } from '@tasklatch/core';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Webhooks are retried for up to 72 hours. A response takes seconds to minutes, a batch up to its completion window, so batches (which
 * have no model) are asked about less often. How long results are kept is undocumented here; they are data, not links that die.
 */
export const openaiLimits: ProviderLimits = {
  retryWindowMs: 72 * HOUR,
  checks: (task) =>
    task.model === null
      ? { firstWithCallbackMs: 10 * MINUTE, firstWithoutCallbackMs: MINUTE, factor: 1.5, capMs: 30 * MINUTE }
      : { firstWithCallbackMs: 60 * SECOND, firstWithoutCallbackMs: 5 * SECOND, factor: 1.5, capMs: 120 * SECOND },
};
