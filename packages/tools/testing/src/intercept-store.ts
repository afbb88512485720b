import type { CheckLease, ClaimOptions, EffectLease, TaskStore, WorkEnd } from '@tasklatch/core';

/** The acts of a store that answer with a promise, but for `listen` and `close`. */
export type StoreAct =
  | 'open'
  | 'record'
  | 'claim'
  | 'extend'
  | 'finish'
  | 'transact'
  | 'get'
  | 'list'
  | 'ledger'
  | 'purge';

/** The same store, with each act run through `around`, which calls `run` when, and as often as, it likes. */
export function interceptStore<Tx>(
  store: TaskStore<Tx>,
  around: <T>(act: StoreAct, run: () => Promise<T>) => Promise<T>,
): TaskStore<Tx> {
  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly (EffectLease | CheckLease)[]> {
    return around<readonly (EffectLease | CheckLease)[]>('claim', () =>
      work === 'effect' ? store.claim('effect', want) : store.claim('check', want),
    );
  }
  const { listen, close } = store;
  return {
    name: store.name,
    ...(store.batching === undefined ? {} : { batching: store.batching }),
    open: (draft) => around('open', () => store.open(draft)),
    record: (facts) => around('record', () => store.record(facts)),
    claim,
    extend: (lease, leaseMs) => around('extend', () => store.extend(lease, leaseMs)),
    finish: (lease, end) => around('finish', () => store.finish(lease, end)),
    get: (ref) => around('get', () => store.get(ref)),
    list: (query) => around('list', () => store.list(query)),
    ledger: (ref) => around('ledger', () => store.ledger(ref)),
    purge: (query) => around('purge', () => store.purge(query)),
    ...(hasTransact(store)
      ? {
          transact: <T>(lease: EffectLease, end: WorkEnd, work: (tx: Tx) => Promise<T>) =>
            around('transact', () => store.transact(lease, end, work)),
        }
      : {}),
    ...(listen === undefined ? {} : { listen: (wake) => listen.call(store, wake) }),
    ...(close === undefined ? {} : { close: () => close.call(store) }),
  };
}

const hasTransact = <Tx>(store: TaskStore<Tx>): store is TaskStore<Tx> & Required<Pick<TaskStore<Tx>, 'transact'>> =>
  store.transact !== undefined;
