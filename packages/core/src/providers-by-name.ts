import { TasklatchError } from './errors.js';
import type { Provider } from './provider.js';

/** Throws `invalid_options` for a name that can't be a path segment, or that two providers share. */
export function providersByName(providers: readonly Provider<never>[]): ReadonlyMap<string, Provider<never>> {
  const named = new Map<string, Provider<never>>();
  for (const provider of providers) {
    if (!/^[a-z0-9-]{1,40}$/.test(provider.name)) {
      throw new TasklatchError(
        'invalid_options',
        'The name of a provider must be 1 to 40 characters of a-z, 0-9 and -: it is part of the callback URL.',
      );
    }
    if (named.has(provider.name)) {
      throw new TasklatchError(
        'invalid_options',
        `Two providers are named "${provider.name}". Give each its own name, where the provider package takes one.`,
      );
    }
    named.set(provider.name, provider);
  }
  return named;
}
