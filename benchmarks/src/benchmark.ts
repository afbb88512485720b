import type { Pace } from './compare.js';
import type { Services, StoreName } from './services.js';
import type { Table } from './table.js';

export interface BenchmarkOptions {
  readonly pace: Pace;
  readonly services: Services;
  readonly stores: readonly StoreName[];
}

export type Benchmark = (options: BenchmarkOptions) => Promise<Table[]>;
