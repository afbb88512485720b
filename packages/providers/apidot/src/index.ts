export { type ApidotInput, type ApidotOptions, apidot } from './apidot.js';
export { type ApidotFamily, apidotFamily } from './families.js';
