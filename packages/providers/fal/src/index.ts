export { type FalInput, type FalOptions, fal } from './fal.js';
