export { type Direction, type FaultProxy, faultProxy } from './fault-proxy.js';
