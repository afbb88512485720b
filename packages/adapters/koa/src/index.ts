export { koaCallbacks } from './koa-callbacks.js';
export { type KoaMountOptions, koaHandler } from './koa-handler.js';
export { koaTasks } from './koa-tasks.js';
