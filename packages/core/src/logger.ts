/** What pino, console and their kin offer. The library logs only what a person must act on, and only through this. */
export interface Logger {
  warn(fields: Readonly<Record<string, string | number>>, message: string): void;
  error(fields: Readonly<Record<string, string | number>>, message: string): void;
}

export const silentLogger: Logger = { warn() {}, error() {} };
