export type Input = Readonly<Record<string, unknown>>;

/** Says what is wrong with an input, or nothing. */
export type Rule = (input: Input, model: string) => string | undefined;

export function has(input: Input, field: string): boolean {
  const value = input[field];
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

export function required(...fields: string[]): Rule {
  return (input, model) => {
    const missing = fields.find((field) => !has(input, field));
    return missing && `${missing} is required for ${model}`;
  };
}

export function unsupported(...fields: string[]): Rule {
  return (input, model) => {
    const present = fields.find((field) => has(input, field));
    return present && `${model} does not support ${present}`;
  };
}

export function oneOf(field: string, allowed: readonly unknown[]): Rule {
  return (input) =>
    has(input, field) && !allowed.includes(input[field]) ? `${field} must be one of ${allowed.join(', ')}` : undefined;
}

export function between(field: string, least: number, most: number): Rule {
  return (input) => {
    const value = input[field];
    if (!has(input, field)) return undefined;
    return typeof value === 'number' && value >= least && value <= most
      ? undefined
      : `${field} must be ${most === Number.POSITIVE_INFINITY ? `at least ${least}` : `between ${least} and ${most}`}`;
  };
}

export function entries(field: string, ...allowed: readonly number[]): Rule {
  return (input) =>
    has(input, field) && !allowed.includes(listLength(input, field))
      ? `${field} must have ${allowed.join(' or ')} ${allowed.at(-1) === 1 ? 'entry' : 'entries'}`
      : undefined;
}

export function atMost(field: string, most: number): Rule {
  return (input) => (listLength(input, field) > most ? `${field} takes at most ${most} entries` : undefined);
}

export function characters(field: string, least: number, most: number): Rule {
  return (input) => {
    const value = input[field];
    if (!has(input, field)) return undefined;
    return typeof value === 'string' && value.length >= least && value.length <= most
      ? undefined
      : `${field} must have ${least} to ${most} characters`;
  };
}

export function ofType(field: string, kind: 'boolean' | 'text or object' | 'list'): Rule {
  return (input) => {
    const value = input[field];
    if (value === undefined || value === null) return undefined;
    const fits =
      kind === 'boolean'
        ? typeof value === 'boolean'
        : kind === 'list'
          ? Array.isArray(value) && value.every((one) => typeof one === 'string')
          : typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value));
    return fits ? undefined : `${field} must be a ${kind}`;
  };
}

export function notTogether(message: string, left: (name: string) => boolean, right: (name: string) => boolean): Rule {
  return (input) => {
    const names = Object.keys(input).filter((name) => has(input, name));
    return names.some(left) && names.some(right) ? message : undefined;
  };
}

/** Applies the rules only to inputs that `condition` picks. */
export function when(condition: (input: Input, model: string) => boolean, ...rules: readonly Rule[]): Rule {
  return (input, model) => (condition(input, model) ? firstBroken(rules, input, model) : undefined);
}

/** Applies the rules to an object inside the input. */
export function inside(field: string, ...rules: readonly Rule[]): Rule {
  return (input, model) => {
    const value = input[field];
    if (!has(input, field)) return undefined;
    if (!isRecord(value)) return `${field} must be an object`;
    const broken = firstBroken(rules, value, model);
    return broken && `${field}.${broken}`;
  };
}

export function firstBroken(rules: readonly Rule[], input: Input, model: string): string | undefined {
  for (const rule of rules) {
    const broken = rule(input, model);
    if (broken) return broken;
  }
  return undefined;
}

export function listLength(input: Input, field: string): number {
  const value = input[field];
  return Array.isArray(value) ? value.length : 0;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
