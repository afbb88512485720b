import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';

export const POOL = Symbol('the pool of connections');
export const config = { connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres' };

@Module({
  providers: [
    {
      provide: POOL,
      async useFactory(): Promise<pg.Pool> {
        // Each effect that runs holds one connection, up to 16, and the store needs some beside.
        const pool = new pg.Pool({ ...config, max: 24, connectionTimeoutMillis: 5_000, idleTimeoutMillis: 0 });
        // pg says here that an idle connection was lost; it makes a new one.
        pool.on('error', () => undefined);
        await pool.query(
          'create table if not exists orders (id bigserial primary key, task_id text not null, owner text not null, picture text not null, cents int not null)',
        );
        return pool;
      },
    },
  ],
  exports: [POOL],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** The last of Nest's hooks: effects that still run use the pool until then. */
  onApplicationShutdown(): Promise<void> {
    return this.pool.end();
  }
}
