/**
 * One process of the fuzzer: `node --expose-gc process.ts TASK`, with a `Task` as JSON. It writes one `Line` of JSON
 * a line, at once, so that what it was at is known however it ends.
 */
import { writeSync } from 'node:fs';
import type { Normalisation } from '../../src/contract/normalisation.ts';
import { type ImageErrorCode, isFailed, serializeRow } from '../../src/contract/row.ts';
import type { Measured, Prepared } from '../../src/kernel/kernel.ts';
import { loadAddon, type NativeAddon } from '../../src/kernel/native-addon.ts';
import { createNativeKernel } from '../../src/kernel/native-kernel.ts';
import { tensorOfPixels } from '../../src/kernel/native-tensors.ts';
import { configureSharp, createSharpKernel } from '../../src/kernel/sharp-kernel.ts';
import { fixedSize } from '../../src/kernel/tensor-plan.ts';
import { wasmAddon } from '../../src/kernel/wasm/wasm-kernel.ts';
import { readCorpus } from './corpus.ts';
import { type Input, makeInput } from './mutate.ts';
import { Random } from './random.ts';
import { type Finding, type Line, type Task, WASM } from './report.ts';
import { isRefused, randomRecipe, tensorText } from './tensors.ts';

/** How often in a task the memory is looked at. */
const MEMORY_LOOKS = 20;
/** Separates the numbers of what is done with an input from those of how it is made. */
const USE = 0x5eed;
const TENSOR_USE = 0x7e50;

const task: Task = JSON.parse(process.argv[2] ?? '');
configureSharp({ threads: 1 });
const addon = task.addon === WASM ? wasmAddon(1) : loaded(task.addon);
const kernel = createNativeKernel(addon, task.addon === WASM ? { name: WASM, copies: true } : {});
const sharp = createSharpKernel();
const corpus = readCorpus(task.folder);
const counts = {
  decoded: 0,
  measured: 0,
  normalised: 0,
  tensors: 0,
  compared: 0,
  refused: {} as Partial<Record<ImageErrorCode, number>>,
};

const look = Math.ceil((task.to - task.from) / task.atOnce / MEMORY_LOOKS);
for (let at = task.from, call = 0; at < task.to; at += task.atOnce, call += 1) {
  say({ at, counts, ...(call % look === 0 && { rssBytes: rssBytes() }) });
  const numbers = Array.from({ length: Math.min(task.atOnce, task.to - at) }, (_, place) => at + place);
  await handle(numbers.map((number) => makeInput(corpus, task.seed, number)));
}
say({ at: task.to, counts, rssBytes: rssBytes() });

function loaded(path: string): NativeAddon {
  const addon = loadAddon(path);
  if (addon === undefined) throw new Error(`Expected the native kernel at ${path} but it was not built.`);
  return addon;
}

function say(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function rssBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Measure all in one call, and do with some what else there is. */
async function handle(inputs: readonly Input[]): Promise<void> {
  const prepared: { input: Input; image: Prepared }[] = [];
  for (const input of inputs) {
    await guarded(input, async () => {
      prepared.push({ input, image: kernel.prepare(input.data, input.from) });
    });
  }
  const first = inputs[0];
  if (first === undefined) return;
  const images = prepared.map(({ image }) => image);
  const measured = await guarded(first, async () => kernel.measureAll?.(images, 'stats'));
  for (const [place, { input, image }] of prepared.entries()) {
    const use = new Random(task.seed ^ USE, input.number);
    const outcome = measured?.[place];
    if (outcome === undefined) continue;
    if (image.workingBytes > 0) counts.decoded += 1;
    count(outcome);
    const isCompared = use.once(task.compareEvery);
    if (isCompared) await compare(input, outcome, (other) => other.measure('stats'));
    await makeTensor(input, image, isCompared);
    if (!use.once(task.normaliseEvery)) continue;
    const normalisation = normalisationOf(use);
    const normalised = await guarded(input, () => image.normalise(normalisation));
    counts.normalised += 1;
    if (isCompared && normalised) {
      await compare(input, normalised, (other) => other.normalise(normalisation));
    }
  }
}

/** Its tensor, in an array of a batch; from the pixels that sharp gives the same has to come. */
async function makeTensor(input: Input, image: Prepared, isCompared: boolean): Promise<void> {
  const use = new Random(task.seed ^ TENSOR_USE, input.number);
  if (!use.once(task.normaliseEvery)) return;
  const recipe = randomRecipe(use);
  const { width, height } = fixedSize(recipe) ?? { width: 0, height: 0 };
  const values = 3 * width * height;
  const into = recipe.type === 'float32' ? new Float32Array(values) : new Uint8Array(values);
  const [made] = (await guarded(input, async () => kernel.tensors?.([image], recipe, into))) ?? [];
  counts.tensors += 1;
  if (!isCompared || made === undefined || isRefused(made)) return;
  const other = await guarded(input, async () => {
    const decoded = await sharp.prepare(input.data, input.from).pixels();
    return tensorOfPixels(addon, input.from, decoded, recipe);
  });
  counts.compared += 1;
  if (other === undefined || tensorText(other) === tensorText(made)) return;
  const [ours, theirs] = [tensorText(made), tensorText(other)];
  found('difference', input, `${JSON.stringify(recipe)}: ${kernel.name} ${ours}, sharp ${theirs}`);
}

function normalisationOf(use: Random): Normalisation {
  return {
    format: use.pick(['png', 'jpeg', 'npy']),
    channels: use.pick(['all', 'each']),
    quality: use.pick([1, 50, 90, 100]),
    ...(use.once(3) ? { range: { min: [3, 0, 40], max: [200, 0, 255] } } : {}),
  };
}

/** The kernel of sharp must give the same row. */
async function compare(
  input: Input,
  { row }: Measured,
  measure: (other: Prepared) => Promise<Measured>,
): Promise<void> {
  const other = await guarded(input, () => measure(sharp.prepare(input.data, input.from)));
  counts.compared += 1;
  if (other === undefined || serializeRow(other.row) === serializeRow(row)) return;
  found('difference', input, `${kernel.name} ${serializeRow(row)}, sharp ${serializeRow(other.row)}`);
}

/** Neither `prepare` nor what follows may throw because of an image. */
async function guarded<T>(input: Input, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (reason) {
    found('rejection', input, reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
    return undefined;
  }
}

function found(kind: Finding['kind'], input: Input, detail: string): void {
  say({ finding: { kind, number: input.number, detail: `from ${input.from}: ${detail}` } });
}

function count({ row }: Measured): void {
  if (!isFailed(row)) counts.measured += 1;
  else counts.refused[row.error.code] = (counts.refused[row.error.code] ?? 0) + 1;
}
