export { STORES, type StoreName } from './open-store.js';
export { type CrashOptions, type CrashReport, runCrash } from './run-crash.js';
