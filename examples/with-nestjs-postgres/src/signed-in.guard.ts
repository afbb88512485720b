import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';

export interface SignedInRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  user?: string;
}

/** Stands for your sign-in. */
@Injectable()
export class SignedIn implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    const user = request.headers['x-user'];
    if (typeof user !== 'string' || user === '') throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}
