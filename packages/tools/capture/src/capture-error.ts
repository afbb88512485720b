/** Why a file was not captured. Beside these: `http_<status>`. */
export type CaptureErrorCode =
  | 'bad_url'
  | 'insecure_url'
  | 'private_address'
  | 'unknown_host'
  | 'unreachable'
  | 'too_many_redirects'
  | 'timeout'
  | 'wrong_type'
  | 'encoded'
  | 'empty'
  | 'too_large'
  | 'truncated'
  | 'too_many_files'
  | 'not_consumed'
  | `http_${number}`;

/** Not cured by trying again: the file would have to change, or the options. */
const FINAL: readonly CaptureErrorCode[] = [
  'bad_url',
  'insecure_url',
  'private_address',
  'too_many_redirects',
  'encoded',
  'too_large',
  'too_many_files',
  'http_410',
];

/**
 * A result file could not be captured. Switch on `code`; nothing in it shows the URL or the host. `retry: false` parks the
 * effect as dead at once instead of trying again.
 */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly retry: boolean;
  constructor(
    readonly code: CaptureErrorCode,
    /** Which of the task's files; null when it is about all of them. */
    readonly index: number | null = null,
  ) {
    super(`${index === null ? 'The result files were' : `Result file ${index} was`} not captured (${code}).`);
    this.retry = !FINAL.includes(code);
  }
}
