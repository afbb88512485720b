export type { ResolveHost } from './allowed-addresses.js';
export { CaptureError, type CaptureErrorCode } from './capture-error.js';
export { type CaptureContext, type CaptureOptions, captureResults } from './capture-results.js';
export type { CaptureTarget, CaptureUpload, PutFile } from './capture-target.js';
export { isPublicAddress } from './public-address.js';
