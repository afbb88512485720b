import { Inject, Injectable } from '@nestjs/common';
import type { EffectContext, Task } from '@tasklatch/core';
import { OnSettled } from '@tasklatch/nestjs';
import type { PoolClient } from 'pg';
import { Prices } from './prices.js';

@Injectable()
export class OrderEffects {
  constructor(@Inject(Prices) private readonly prices: Prices) {}

  /** Writes the order when its picture is there: through `tx`, so that it commits together with the end of this effect, or not at all. */
  @OnSettled({ provider: 'apidot', name: 'write-order' })
  async writeOrder(task: Task, { tx }: EffectContext<PoolClient>): Promise<void> {
    const [picture] = task.result?.files ?? [];
    if (task.status !== 'succeeded' || picture === undefined) return;
    // No unique key and no look whether it is there already: it runs to its end once.
    await tx.query('insert into orders (task_id, owner, picture, cents) values ($1, $2, $3, $4)', [
      task.id,
      task.owner,
      picture.url,
      this.prices.of(task),
    ]);
  }
}
