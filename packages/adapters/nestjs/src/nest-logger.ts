import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from '@tasklatch/core';

/** Nest's own logger, as the core takes one: context `Tasklatch`, or `Tasklatch:name` for a named latch. */
export function nestLogger(context: string): Logger {
  const nest = new NestLogger(context);
  const line = (fields: Readonly<Record<string, string | number>>, message: string): string =>
    [message, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' ');
  return {
    warn: (fields, message) => nest.warn(line(fields, message)),
    error: (fields, message) => nest.error(line(fields, message)),
  };
}
