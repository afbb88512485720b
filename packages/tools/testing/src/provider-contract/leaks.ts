import { inspect } from 'node:util';

/** Every way a value gets printed: by the console, a logger, an error reporter. */
function prints(value: unknown): string[] {
  const all = [
    inspect(value, { showHidden: true, depth: 9, getters: true, maxStringLength: null, maxArrayLength: null }),
  ];
  try {
    all.push(JSON.stringify(value) ?? '');
  } catch {
    // What can't be printed as JSON leaks nothing there.
  }
  if (value instanceof Error)
    all.push(
      String(value),
      value.stack ?? '',
      ...prints({ ...value }),
      ...(value.cause === undefined ? [] : prints(value.cause)),
    );
  return all;
}

/** Which of the secrets a value shows, in whatever way it is printed: as they are, in Base64, or percent-encoded. */
export function leaksIn(value: unknown, secrets: readonly string[]): string[] {
  const text = prints(value).join('\n');
  const forms = (secret: string) => [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
  return secrets.flatMap((secret, index) =>
    forms(secret).some((form) => text.includes(form)) ? [`secret ${index + 1}`] : [],
  );
}
