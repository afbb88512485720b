import { Module } from '@nestjs/common';
import { apidot } from '@tasklatch/apidot';
import { TasklatchModule } from '@tasklatch/nestjs';
import { postgresStore } from '@tasklatch/postgres';
import pg from 'pg';
import { config, DatabaseModule, POOL } from './database.module.js';
import { OrderEffects } from './order-effects.js';
import { OrdersController } from './orders.controller.js';
import { Prices } from './prices.js';
import { SignedIn, type SignedInRequest } from './signed-in.guard.js';

const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', PORT = '3000', TASKLATCH_SECRET = '' } = process.env;
// As APIDot reaches this app. On your own machine callbacks can't arrive, and checks do the work.
const { PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;

@Module({
  imports: [
    DatabaseModule,
    TasklatchModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [POOL],
      async useFactory(pool: pg.Pool) {
        const store = postgresStore({ query: pool, listen: () => new pg.Client(config) });
        // Any number of instances may call it at once.
        await store.migrate();
        return {
          store,
          providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
          callbacks: { baseUrl: `${PUBLIC_URL}/callbacks`, secret: TASKLATCH_SECRET },
        };
      },
      tasks: {
        guards: [SignedIn],
        owner: (request: SignedInRequest) => request.user,
        expose: (task) => ({ results: task.result?.files ?? [] }),
      },
    }),
  ],
  controllers: [OrdersController],
  providers: [OrderEffects, Prices],
})
export class AppModule {}
