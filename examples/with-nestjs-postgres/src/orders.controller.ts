import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { Tasklatch } from '@tasklatch/core';
import { InjectTasklatch } from '@tasklatch/nestjs';
import type pg from 'pg';
import { POOL } from './database.module.js';
import { SignedIn, type SignedInRequest } from './signed-in.guard.js';
import { TasklatchErrorFilter } from './tasklatch-error.filter.js';

@UseGuards(SignedIn)
@UseFilters(TasklatchErrorFilter)
@Controller('orders')
export class OrdersController {
  constructor(
    @InjectTasklatch() private readonly latch: Tasklatch<pg.PoolClient>,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {}

  /** The same key is the same task and the same order, however often the browser sends it. */
  @Post()
  @HttpCode(202)
  async order(@Req() { user = '' }: SignedInRequest, @Body() body: { key?: unknown; prompt?: unknown } = {}) {
    const { key, prompt } = body;
    if (typeof key !== 'string' || typeof prompt !== 'string') throw new BadRequestException('key and prompt, please');
    const { id, status } = await this.latch.submit({
      provider: 'apidot',
      model: 'gpt-image-2',
      input: { prompt },
      owner: user,
      key,
    });
    return { id, status };
  }

  @Get()
  async orders(@Req() { user }: SignedInRequest) {
    const { rows } = await this.pool.query('select task_id, picture, cents from orders where owner = $1 order by id', [
      user,
    ]);
    return { orders: rows };
  }
}
