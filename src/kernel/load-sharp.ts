import { createRequire } from 'node:module';
import type Sharp from 'sharp';

/** By `require`, not `import`: a bundle would hoist that, and it does not find what a Lambda layer has. */
export const sharp: typeof Sharp = createRequire(import.meta.url)('sharp');
