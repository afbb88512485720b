import type { ProviderLimits } from '@tasklatch/core';

const SECOND = 1000;

/**
 * Inputs, outputs, files and logs of API predictions are removed after 1 hour. Only the terminal webhook is retried, and the last time
 * about 1 minute after completion: an outage of two minutes loses it, and the checks have to find the result within the hour.
 */
export const replicateLimits: ProviderLimits = {
  resultLifetimeMs: 3600 * SECOND,
  retryWindowMs: 60 * SECOND,
  checks: () => ({
    firstWithCallbackMs: 60 * SECOND,
    firstWithoutCallbackMs: 5 * SECOND,
    factor: 1.5,
    capMs: 120 * SECOND,
  }),
};
