export type { Database, Listen, QueryFunction, Row, Run, Statement } from './database.js';
export type { ClientOf, PgPool } from './from-pg.js';
export { fromPostgresJs } from './from-postgres-js.js';
export { type MigrateOptions, migrate, type Queryable } from './migrate.js';
export type { PgListenClient } from './pg-listen.js';
export { type PostgresStore, type PostgresStoreOptions, postgresStore, type TxOf } from './postgres-store.js';
