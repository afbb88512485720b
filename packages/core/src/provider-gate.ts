import type { Clock } from './clock.js';
import { publish } from './events.js';
import type { Provider } from './provider.js';

/** How many checks of one provider this process may begin: concurrency, spacing, and pauses after a 429. */
export interface ProviderGate {
  /** How many more checks may begin now. */
  free(): number;
  enter(): void;
  leave(): void;
  /** No check of the provider begins for `ms`. */
  pause(ms: number): void;
}

const DEFAULT_CONCURRENCY = 8;

export function providerGate(provider: Pick<Provider<never>, 'name' | 'limits'>, clock: Clock): ProviderGate {
  const concurrency = provider.limits?.concurrentChecks ?? DEFAULT_CONCURRENCY;
  const spacingMs = provider.limits?.checkSpacingMs ?? 0;
  let running = 0;
  let openAt = 0;
  return {
    free() {
      if (clock.now() < openAt) return 0;
      return spacingMs > 0 ? Math.min(1, concurrency - running) : concurrency - running;
    },
    enter() {
      running += 1;
      openAt = Math.max(openAt, clock.now() + spacingMs);
    },
    leave() {
      running -= 1;
    },
    pause(ms) {
      publish('pause', { provider: provider.name, ms });
      openAt = Math.max(openAt, clock.now() + ms);
    },
  };
}
