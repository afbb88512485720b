import { type Faults, forgedKinds, malformedKinds } from './faults.js';

type Check = (value: unknown) => string | undefined;

const chance: Check = (value) =>
  typeof value === 'boolean' || (isNumber(value) && value >= 0 && value <= 1)
    ? undefined
    : 'a chance (0..1, true, false)';
const count: Check = (value) =>
  isNumber(value) && Number.isInteger(value) && value >= 0 ? undefined : 'a whole number from 0';
const amount: Check = (value) =>
  (isNumber(value) && value >= 0) ||
  (isList(value) && value.length === 2 && value.every((one) => isNumber(one) && one >= 0))
    ? undefined
    : 'a number from 0 or [least, most]';
const number: Check = (value) => (isNumber(value) && value >= 0 ? undefined : 'a number from 0');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text');
const status: Check = (value) =>
  isNumber(value) && Number.isInteger(value) && value >= 400 && value <= 599
    ? undefined
    : 'an HTTP status from 400 to 599';
const words: Check = (value) =>
  isList(value) && value.length > 0 && value.every((one) => typeof one === 'string') ? undefined : 'a list of texts';
const listOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    isList(value) && value.length > 0 && value.every((one) => typeof one === 'string' && allowed.includes(one))
      ? undefined
      : `a list of ${allowed.join(', ')}`;
const retries: Check = (value) =>
  value === 'none' ||
  value === 'quick' ||
  value === 'slow' ||
  (isList(value) && value.every((one) => number(one) === undefined))
    ? undefined
    : 'none, quick, slow or a list of waits in ms';
const sometimes: Check = (value) => {
  if (!isRecord(value)) return chance(value) && 'a chance or {chance, first, storm}';
  const bad = Object.entries(value).some(([name, part]) => {
    if (name === 'chance') return chance(part);
    if (name === 'first') return count(part);
    if (name !== 'storm' || !isRecord(part)) return true;
    return Object.keys(part).sort().join() !== 'every,length' || count(part.every) || count(part.length);
  });
  return bad ? 'a chance or {chance, first, storm: {every, length}}' : undefined;
};

/** Every fault there is. `satisfies` keeps it complete: a name missing here does not compile. */
const checks = {
  task: {
    fails: chance,
    errorMessage: text,
    noFiles: chance,
    stuck: chance,
    pendingMs: amount,
    runningMs: amount,
    files: count,
  } satisfies Record<keyof Required<Faults>['task'], Check>,
  submit: {
    rateLimit: sometimes,
    retryAfterS: number,
    paymentRequired: sometimes,
    businessError: sometimes,
    timeoutBefore: sometimes,
    errorBefore: sometimes,
    resetBefore: sometimes,
    hangBefore: sometimes,
    timeoutAfter: sometimes,
    errorAfter: sometimes,
    resetAfter: sometimes,
    hangAfter: sometimes,
    garbledAfter: sometimes,
    idMissingAfter: sometimes,
    errorStatus: status,
    slow: sometimes,
    slowMs: amount,
    firstStatus: text,
    codeZero: chance,
    shortId: chance,
  } satisfies Record<keyof Required<Faults>['submit'], Check>,
  status: {
    rateLimit: sometimes,
    retryAfterS: number,
    timeout: sometimes,
    error: sometimes,
    errorStatus: status,
    reset: sometimes,
    hang: sometimes,
    notFound: sometimes,
    businessError: sometimes,
    garbled: sometimes,
    slow: sometimes,
    slowMs: amount,
    lagMs: amount,
    lagChecks: amount,
    unknownStatus: sometimes,
    unknownWords: words,
    regress: sometimes,
    flips: chance,
    missingProgress: sometimes,
    outputFiles: chance,
  } satisfies Record<keyof Required<Faults>['status'], Check>,
  callback: {
    lost: chance,
    delayMs: amount,
    early: chance,
    duplicate: chance,
    copies: count,
    concurrent: chance,
    reordered: chance,
    stale: chance,
    contradicting: chance,
    lying: chance,
    forged: chance,
    forgedKinds: listOf(forgedKinds),
    malformed: chance,
    malformedKinds: listOf(malformedKinds),
    wrapped: chance,
    outputFiles: chance,
    musicItems: chance,
    retries,
    retry4xx: flag,
    timeScale: number,
    timeoutMs: number,
  } satisfies Record<keyof Required<Faults>['callback'], Check>,
};

/**
 * Takes faults from JSON or from a caller. Throws a `TypeError` that names the first wrong entry: a misspelt fault that silently
 * did nothing would make a test pass for no reason.
 */
export function checkFaults(value: unknown): Faults {
  if (!isRecord(value))
    throw new TypeError('Faults must be an object with task, submit, status, callback, detailErrors.');
  for (const [section, entries] of Object.entries(value)) {
    if (entries === undefined) continue;
    if (section === 'detailErrors') {
      const problem = chance(entries);
      if (problem) throw new TypeError(`Fault detailErrors must be ${problem}.`);
      continue;
    }
    const known: Record<string, Check> | undefined = isSection(section) ? checks[section] : undefined;
    if (!known || !isRecord(entries))
      throw new TypeError(`There is no group of faults called ${section}, or it is not an object.`);
    for (const [name, entry] of Object.entries(entries)) {
      if (entry === undefined) continue;
      const check = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!check) throw new TypeError(`There is no fault ${section}.${name}. Known: ${Object.keys(known).join(', ')}.`);
      const problem = check(entry);
      if (problem) throw new TypeError(`Fault ${section}.${name} must be ${problem}.`);
    }
  }
  // Every entry was checked above.
  return value as Faults;
}

function isSection(name: string): name is keyof typeof checks {
  return Object.hasOwn(checks, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
