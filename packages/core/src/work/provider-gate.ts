import type { Clock } from '../clock.js';
import { publish } from '../events.js';
import type { Provider } from '../provider.js';

/** How many checks of one provider this process may begin: concurrency, spacing, and pauses after a 429. */
export interface ProviderGate {
  /** How many more checks may begin now. */
  free(): number;
  enter(): void;
  leave(): void;
  /** The provider answered: it bears what it gets. */
  answered(): void;
  /** Too much for the provider: no check begins for the time it names; where it names none, for longer each time in a row. */
  tooMuch(retryAfterMs: number | undefined): void;
}

const DEFAULT_CONCURRENCY = 8;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_GUESS_MS = 60_000;
/** No provider is believed that wants to be left alone for longer. */
const LONGEST_PAUSE_MS = 15 * 60_000;

export function providerGate(provider: Pick<Provider<never>, 'name' | 'limits'>, clock: Clock): ProviderGate {
  const concurrency = provider.limits?.concurrentChecks ?? DEFAULT_CONCURRENCY;
  const spacingMs = provider.limits?.checkSpacingMs ?? 0;
  let running = 0;
  let openAt = 0;
  let inARow = 0;
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
    answered() {
      inARow = 0;
    },
    tooMuch(retryAfterMs) {
      // Answers to checks that were under way together are one refusal, not many.
      if (clock.now() >= openAt) inARow += 1;
      const guess = Math.min(LONGEST_GUESS_MS, FIRST_PAUSE_MS * 2 ** Math.min(inARow - 1, 10));
      const ms = Math.min(retryAfterMs ?? guess, LONGEST_PAUSE_MS);
      publish('pause', { provider: provider.name, ms });
      openAt = Math.max(openAt, clock.now() + ms);
    },
  };
}
