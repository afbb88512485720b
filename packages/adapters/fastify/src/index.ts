export { type FastifyCallbacksOptions, fastifyCallbacks } from './fastify-callbacks.js';
export { type FastifyTasksOptions, fastifyTasks } from './fastify-tasks.js';
