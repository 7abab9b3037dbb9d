import { join } from 'node:path';

/** Folders of this repository, absolute. */
export const BENCH = import.meta.dirname;
export const ROOT = join(BENCH, '..');
/** What the bench makes and keeps: sets of images, programs it has built. Not in git. */
export const CACHE = join(ROOT, '.fanfleet', 'bench');
