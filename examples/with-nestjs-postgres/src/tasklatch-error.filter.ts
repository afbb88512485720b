import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { TasklatchError } from '@tasklatch/core';

/** A key that was used for another input is the caller's mistake, and a store that is down is worth another try: not a 500. */
@Catch(TasklatchError)
export class TasklatchErrorFilter extends BaseExceptionFilter implements ExceptionFilter<TasklatchError> {
  override catch({ code, status }: TasklatchError, host: ArgumentsHost): void {
    super.catch(new HttpException({ error: code }, status), host);
  }
}
