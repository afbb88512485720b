export { type ReplicateEvent, type ReplicateInput, type ReplicateOptions, replicate } from './replicate.js';
