import { Injectable } from '@nestjs/common';
import type { Task } from '@tasklatch/core';

@Injectable()
export class Prices {
  of(task: Task): number {
    return task.model === 'gpt-image-2' ? 1_200 : 900;
  }
}
