import { inOrder } from '../../src/concurrency/in-order.ts';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import { type Metric, NearestEmbeddings } from '../../src/embeddings/nearest-embeddings.ts';
import { type EmbeddingsFile, openEmbeddings } from '../../src/embeddings/read-embeddings.ts';
import { FanfleetError } from '../../src/errors.ts';
import { printable } from '../../src/format.ts';
import { invalidInput } from '../../src/invalid-input.ts';
import { loadEmbedder } from '../../src/models/load-embedder.ts';
import { localFiles } from '../../src/models/local-files.ts';
import { ABOUT, aboutOf, embedderOf } from '../../src/workloads/embed/about.ts';
import type { Context } from '../context.ts';
import { embeddingsSource, type WhereEmbeddings } from '../embeddings-source.ts';
import { localEmbeddings } from '../local-embeddings.ts';
import { localInput } from '../local-rows.ts';
import { expectInteger } from '../numbers.ts';
import { type TextColumn, textTable } from '../text-table.ts';

export interface NearestOptions extends WhereEmbeddings {
  readonly k: number;
  readonly metric: Metric;
  /** Of the model that the embeddings are of: then an image of this machine is asked for, and not a key. */
  readonly model?: string;
  readonly description?: string;
  readonly kernel: KernelChoice;
}

/** Groups of rows that are read while one is searched, each of some MiB: from S3 the first bytes of a range are long in coming. */
const GROUPS_AHEAD = 4;
/** Most that are asked for. */
const MOST_NEAREST = 1000;

const COLUMNS: readonly TextColumn[] = [
  { title: 'distance', align: 'right' },
  { title: 'key', align: 'left' },
];

/**
 * The images whose embeddings in a file are nearest to that of another image: every one is compared.
 *
 * @param what a key of the file, or with a model an image of this machine
 * @throws FanfleetError `INVALID_INPUT`, what `embeddingsSource` throws, and what the kernel says of the image
 */
export async function nearestCommand(context: Context, what: string, options: NearestOptions) {
  expectInteger('--k', options.k, MOST_NEAREST);
  const source = await embeddingsSource(context, options);
  const { where } = source;
  try {
    const file = await openEmbeddings(source, where);
    const query =
      options.model === undefined
        ? await embeddingOfKey(file, what, where)
        : await embeddingOfImage(context, file, what, { ...options, model: options.model, where });
    const search = new NearestEmbeddings(query, options.metric, options.k);
    for await (const numbers of inOrder(file.groups, (group) => group.numbers(), { atOnce: GROUPS_AHEAD })) {
      context.signal.throwIfAborted();
      search.add(numbers);
    }
    const keys = await keysOf(
      file,
      search.nearest.map(({ row }) => row),
    );
    const nearest = search.nearest.map(({ row, distance }) => ({ key: keys.get(row) ?? '', distance }));
    const cells = nearest.map(({ key, distance }) => [distance.toPrecision(7), printable(key)]);
    return {
      json: { metric: options.metric, compared: file.rows, nearest },
      text: textTable(COLUMNS, cells).join('\n'),
    };
  } finally {
    await source.close();
  }
}

async function embeddingOfKey({ format, groups }: EmbeddingsFile, key: string, where: string) {
  for (const group of groups) {
    const at = (await group.keys()).indexOf(key);
    if (at >= 0) return (await group.numbers()).slice(at * format.length, (at + 1) * format.length);
  }
  throw invalidInput('The image', [
    `Expected a key of ${where} but found none that is ${JSON.stringify(key)}: correct it, or give \`--model\` to ask for an image of this machine.`,
  ]);
}

async function embeddingOfImage(
  context: Context,
  { about, format }: EmbeddingsFile,
  path: string,
  {
    model,
    description,
    kernel,
    where,
  }: Pick<NearestOptions, 'description' | 'kernel'> & { readonly model: string; readonly where: string },
): Promise<Float32Array> {
  const layer = about.get(ABOUT.layer) ?? '';
  const embedder = await loadEmbedder(localFiles, { model, layer, description });
  const own = aboutOf(embedderOf(embedder));
  if (
    Object.entries(own).some(([name, text]) => about.get(name) !== text) ||
    embedder.length !== format.length
  ) {
    throw invalidInput('The model', [
      `Expected the model of the embeddings in ${where}, of SHA-256 ${about.get(ABOUT.model) ?? 'that is not told'}, with the same description, but ${model} is another one, or is fed otherwise: give that one.`,
    ]);
  }
  const input = localInput(context, [path]);
  for await (const { row, embedding } of localEmbeddings(embedder, input, input.find(), {
    kernel,
    modelBatch: 1,
  })) {
    if (embedding !== undefined) return embedding.values;
    throw new FanfleetError('IMAGE_FAILED', `Expected an image at ${path} but got: ${JSON.stringify(row)}.`, {
      source: 'user',
    });
  }
  throw invalidInput('The image', [`Expected an image at ${path} but found none: give its file.`]);
}

/** The keys of rows, for which only the groups that have them are read. */
async function keysOf({ groups }: EmbeddingsFile, rows: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  let first = 0;
  for (const group of groups) {
    const here = rows.filter((row) => row >= first && row < first + group.rows);
    const keys = here.length > 0 ? await group.keys() : [];
    for (const row of here) found.set(row, keys[row - first] ?? '');
    first += group.rows;
  }
  return found;
}
