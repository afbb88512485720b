export { expressCallbacks } from './express-callbacks.js';
export { expressHandler } from './express-handler.js';
export { expressTasks } from './express-tasks.js';
