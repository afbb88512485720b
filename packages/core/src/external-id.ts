/** Control characters and lone surrogates: an id that holds one can't be stored or asked about. */
const ODD = /[\p{Cc}\p{Surrogate}]/u;

/** True for a task id as providers give them: opaque, 1 to 512 characters, and safe as a segment of a path once it is encoded. */
export const isExternalId = (id: unknown): id is string =>
  typeof id === 'string' && id.length > 0 && id.length <= 512 && !ODD.test(id) && id !== '.' && id !== '..';

/** True for a status as providers write them: one line of at most 100 printable ASCII characters. */
export const isStatusText = (status: unknown): status is string =>
  typeof status === 'string' && /^[\x20-\x7e]{1,100}$/.test(status);
