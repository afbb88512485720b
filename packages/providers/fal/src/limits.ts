import type { ProviderLimits } from '@tasklatch/core';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Webhooks: 15 s timeout, 10 retries over 2 hours. How long files live by default is undocumented; an hour is the cautious guess. */
export const falLimits: ProviderLimits = {
  resultLifetimeMs: HOUR,
  retryWindowMs: 2 * HOUR,
  checks: () => ({
    firstWithCallbackMs: 60 * SECOND,
    firstWithoutCallbackMs: 5 * SECOND,
    factor: 1.5,
    capMs: 120 * SECOND,
  }),
};
