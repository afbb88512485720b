import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where unpacked servers and browsers are kept between runs. Deleting it costs a few seconds, nothing else. */
export const cache = join(root, 'node_modules', '.cache', 'services');
