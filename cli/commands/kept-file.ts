import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FanfleetError } from '../../src/errors.ts';
import type { Context } from '../context.ts';

/** What is measured by many runs, and the file in which it is kept from the first one on. */
export interface KeptFile<K> {
  readonly file: string;
  readonly kept: K;
}

/** Sweeps, comparisons and tunings are kept alike: `sweeps/<id>/sweep.json`, with its page beside it. */
export type Kind = 'sweep' | 'comparison' | 'tune';

/** Keep what is begun in a folder of its own. */
export async function keepNew<K>(
  { home }: Pick<Context, 'home'>,
  kind: Kind,
  id: string,
  kept: K,
  write: (file: string, kept: K) => Promise<void>,
): Promise<KeptFile<K>> {
  const folder = join(home, `${kind}s`, id);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${kind}.json`);
  await write(file, kept);
  return { file, kept };
}

/**
 * Read what an interrupted command has kept.
 *
 * @throws FanfleetError `INVALID_INPUT` for one of another stage, and what `read` throws
 */
export async function readKept<K extends { readonly stage: string }>(
  { stage }: Pick<Context, 'stage'>,
  kind: Kind,
  given: string,
  read: (file: string) => Promise<K>,
): Promise<KeptFile<K>> {
  const file = resolve(given);
  const kept = await read(file);
  if (kept.stage === stage) return { file, kept };
  const message = `Expected the stage ${kept.stage}, where the ${kind} was begun, but received ${stage}.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

/** Write the page of what was measured beside its file, and to `out` too. */
export async function writePage(
  file: string,
  kind: Kind,
  out: string | undefined,
  page: string,
): Promise<void> {
  for (const path of [join(dirname(file), `${kind}.md`), ...(out === undefined ? [] : [resolve(out)])]) {
    await writeFile(path, page);
  }
}
