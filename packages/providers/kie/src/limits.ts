import type { ProviderLimits } from '@tasklatch/core';

const SECOND = 1000;

/**
 * Results live 24 hours typically. A callback is tried 15 s long and given up after 3 failed retries; over which time is undocumented, so
 * no retry window is claimed.
 */
export const kieLimits: ProviderLimits = {
  resultLifetimeMs: 24 * 3600 * SECOND,
  checks: () => ({
    firstWithCallbackMs: 60 * SECOND,
    firstWithoutCallbackMs: 3 * SECOND,
    factor: 1.5,
    capMs: 60 * SECOND,
  }),
};
