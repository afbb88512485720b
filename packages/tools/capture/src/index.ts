export type { ResolveHost } from './allowed-addresses.js';
export { CaptureError, type CaptureErrorCode } from './capture-error.js';
export {
  type CaptureContext,
  type CaptureOptions,
  type CaptureTarget,
  type CaptureUpload,
  captureResults,
  type PutFile,
} from './capture-results.js';
export { isPublicAddress } from './public-address.js';
