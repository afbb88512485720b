import type { Secrets } from './secrets.js';
import type { SignatureOptions, SignatureScheme } from './signature-scheme.js';

/**
 * The scheme of a provider whose secret is an option: undefined where the option was left out. One that was meant to be there and is not
 * (`webhookSecret: process.env.…`, unset) is a mistake and no choice: it throws `invalid_options`, as an empty secret does.
 */
export function optionalSignature<Name extends string>(
  preset: (options: SignatureOptions) => SignatureScheme,
  options: { readonly [Key in Name]?: Secrets | undefined } & { readonly toleranceS?: number },
  name: Name,
): SignatureScheme | undefined {
  if (!Object.hasOwn(options, name)) return undefined;
  const { toleranceS } = options;
  return preset({ secret: options[name] ?? '', ...(toleranceS === undefined ? {} : { toleranceS }) });
}
