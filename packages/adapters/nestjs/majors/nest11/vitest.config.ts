import { fileURLToPath } from 'node:url';
import { onMajor } from '../on-major.js';

export default onMajor(fileURLToPath(new URL('.', import.meta.url)));
