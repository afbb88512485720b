import type { Tasklatch } from '@tasklatch/core';

/**
 * The latch without a name, as a class to inject it by; what is injected is the latch itself. `Tx` is what the store hands to effects as `tx`,
 * and matters only where effects are registered by hand.
 */
export abstract class TasklatchService<Tx = unknown> implements Tasklatch<Tx> {
  abstract readonly submit: Tasklatch<Tx>['submit'];
  abstract readonly onSettled: Tasklatch<Tx>['onSettled'];
  abstract readonly onProgress: Tasklatch<Tx>['onProgress'];
  abstract readonly onFact: Tasklatch<Tx>['onFact'];
  abstract readonly callbacks: Tasklatch<Tx>['callbacks'];
  abstract readonly tasks: Tasklatch<Tx>['tasks'];
  abstract readonly callbackUrl: Tasklatch<Tx>['callbackUrl'];
  abstract readonly get: Tasklatch<Tx>['get'];
  abstract readonly list: Tasklatch<Tx>['list'];
  abstract readonly ledger: Tasklatch<Tx>['ledger'];
  abstract readonly watch: Tasklatch<Tx>['watch'];
  abstract readonly wait: Tasklatch<Tx>['wait'];
  abstract readonly tell: Tasklatch<Tx>['tell'];
  abstract readonly replay: Tasklatch<Tx>['replay'];
  abstract readonly release: Tasklatch<Tx>['release'];
  abstract readonly discard: Tasklatch<Tx>['discard'];
  abstract readonly start: Tasklatch<Tx>['start'];
  abstract readonly stop: Tasklatch<Tx>['stop'];
  abstract readonly tick: Tasklatch<Tx>['tick'];
}
