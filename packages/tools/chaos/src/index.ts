export { allFaults } from './all-faults.js';
export { type Overheard, overhear } from './overheard.js';
export { type ChaosOptions, type ChaosReport, runChaos } from './run-chaos.js';
