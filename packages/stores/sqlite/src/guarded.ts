import type { SqliteConnection } from './sqlite-database.js';

/**
 * The connection as an effect gets it: everything on it works until `over()` returns an error, then throws that. So a promise that the
 * effect forgot can't write into somebody else's transaction.
 */
export const guarded = <Db extends SqliteConnection>(database: Db, over: () => Error | undefined): Db =>
  guard(database, over);

function guard<T extends object>(target: T, over: () => Error | undefined): T {
  const check = (): void => {
    const error = over();
    if (error !== undefined) throw error;
  };
  const proxy = new Proxy(target, {
    get(_, name) {
      check();
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        check();
        const result: unknown = Reflect.apply(value, target, args);
        if (result === target) return proxy;
        return isStatement(result) ? guard(result, over) : result;
      };
    },
  });
  return proxy;
}

const isStatement = (value: unknown): value is ReturnType<SqliteConnection['prepare']> =>
  typeof value === 'object' && value !== null && 'all' in value && 'run' in value;
