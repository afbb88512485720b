export { type KieInput, type KieOptions, kie } from './kie.js';
