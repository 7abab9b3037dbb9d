import { NUMBERS_IN, NUMBERS_OF_PIXELS, NUMBERS_OUT } from '../addon-numbers.ts';
import { DETAIL, detailsAt, numbersAt } from './answers.ts';
import type { WasmInstance } from './instance.ts';
import type { Answer, ImageJob, Job, MeasureAnswer, NormaliseAnswer, PixelsAnswer } from './messages.ts';
import { runCentresJob } from './run-centres-job.ts';
import { runNearestJob } from './run-nearest-job.ts';
import { runTensorsJob } from './run-tensors-job.ts';
import { type Input, Scratch } from './scratch.ts';

/** Counts of how often each value occurs, per channel. */
const COUNTS = 3 * 256;

/** Do a job, as the addon does it. What the input is after that is not said. */
export function runJob(wasm: WasmInstance, pieced: Input, asked: Job): Answer {
  if (asked.kind === 'prepare-nearest' || asked.kind === 'find-nearest')
    return runNearestJob(wasm, pieced, asked);
  if (asked.kind === 'assign-to-centres') return runCentresJob(wasm, pieced, asked);
  using scratch = new Scratch(wasm);
  const { input, job } = joined(wasm, pieced, asked);
  const { files, pieces } = putPieces(wasm, scratch, input);
  if (job.kind === 'measure') return measure(wasm, scratch, files, pieces, job);
  if (job.kind === 'pixels') return decode(wasm, scratch, files, pieces, job);
  if (job.kind === 'tensors') return runTensorsJob(wasm, scratch, { files, pieces }, job);
  return normalise(wasm, scratch, files, pieces, input, job);
}

/** The file of a single image in one piece, its data joined: a large PNG would be in memory a third time. */
function joined(
  wasm: WasmInstance,
  input: Input,
  job: ImageJob,
): { readonly input: Input; readonly job: ImageJob } {
  const { address, lengths } = input;
  if (job.kind === 'tensors') return { input, job }; // they may be of pixels, which are no file
  if (job.kind !== 'normalise' && job.images.length !== NUMBERS_IN) return { input, job };
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const length = wasm.calls.fanfleet_join(address, total) >>> 0;
  const whole = { address, lengths: Uint32Array.of(length) };
  if (job.kind === 'normalise') return { input: whole, job };
  const [width = 0, height = 0] = job.images;
  return { input: whole, job: { ...job, images: Uint32Array.of(width, height, 1) } };
}

/** Two tables: of each piece the address of its file, here that of all input; and its offset and length in there. */
function putPieces(wasm: WasmInstance, scratch: Scratch, { address, lengths }: Input) {
  const files = scratch.take(4 * lengths.length);
  const pieces = scratch.take(8 * lengths.length);
  new Uint32Array(wasm.calls.memory.buffer, files, lengths.length).fill(address);
  const table = new Uint32Array(wasm.calls.memory.buffer, pieces, 2 * lengths.length);
  let offset = 0;
  lengths.forEach((length, at) => {
    table[2 * at] = offset;
    table[2 * at + 1] = length;
    offset += length;
  });
  return { files, pieces };
}

function measure(
  wasm: WasmInstance,
  scratch: Scratch,
  files: number,
  pieces: number,
  { images, wanted }: ImageJob & { kind: 'measure' },
): MeasureAnswer {
  const count = images.length / NUMBERS_IN;
  const sizes = scratch.take(4 * images.length);
  const found = scratch.take(8 * NUMBERS_OUT * count);
  const details = scratch.take(DETAIL * count);
  const counts = scratch.take(8 * COUNTS);
  new Uint32Array(wasm.calls.memory.buffer, sizes, images.length).set(images);
  wasm.bytes(counts, 8 * COUNTS).fill(0);
  if (wanted === 'histogram')
    return eachHistogram(wasm, { files, pieces, sizes, found, details, counts }, images);

  if (wanted === 'eighth') {
    wasm.calls.fanfleet_measure_eighth(files, pieces, sizes, count, found, details);
  } else {
    wasm.calls.fanfleet_measure(files, pieces, sizes, count, found, wanted === 'total' ? counts : 0, details);
  }
  const numbers = numbersAt(wasm, found, NUMBERS_OUT * count);
  for (let at = 0; at < numbers.length; at += NUMBERS_OUT) inMilliseconds(numbers, at);
  return {
    numbers,
    ...(wanted === 'total' && { total: numbersAt(wasm, counts, COUNTS) }),
    details: detailsAt(wasm, details, numbers, NUMBERS_OUT),
  };
}

function decode(
  wasm: WasmInstance,
  scratch: Scratch,
  files: number,
  pieces: number,
  { images }: ImageJob & { kind: 'pixels' },
): PixelsAnswer {
  const count = images.length / NUMBERS_IN;
  const sizes = scratch.take(4 * images.length);
  const found = scratch.take(8 * NUMBERS_OF_PIXELS * count);
  const details = scratch.take(DETAIL * count);
  new Uint32Array(wasm.calls.memory.buffer, sizes, images.length).set(images);
  let total = 0;
  for (let at = 0; at < images.length; at += NUMBERS_IN)
    total += 3 * (images[at] ?? 0) * (images[at + 1] ?? 0);
  const pixels = new Uint8Array(total);
  wasm.output = pixels;
  wasm.calls.fanfleet_put_pixels(files, pieces, sizes, count, found, details);
  wasm.output = undefined;
  const numbers = numbersAt(wasm, found, NUMBERS_OF_PIXELS * count);
  for (let at = 1; at < numbers.length; at += NUMBERS_OF_PIXELS) numbers[at] = (numbers[at] ?? 0) / 1e6;
  return { pixels, numbers, details: detailsAt(wasm, details, numbers, NUMBERS_OF_PIXELS) };
}

type Places = Readonly<Record<'files' | 'pieces' | 'sizes' | 'found' | 'details' | 'counts', number>>;

/** One image after the other, since the counts are those of all images of a call. */
function eachHistogram(wasm: WasmInstance, places: Places, images: Uint32Array): MeasureAnswer {
  const { sizes, found, counts } = places;
  const perImage = NUMBERS_OUT + COUNTS;
  const numbers = new Float64Array((images.length / NUMBERS_IN) * perImage);
  const details: string[] = [];
  let piece = 0;
  for (let at = 0; at * NUMBERS_IN < images.length; at += 1) {
    wasm.bytes(counts, 8 * COUNTS).fill(0);
    const [file, first] = [places.files + 4 * piece, places.pieces + 8 * piece];
    wasm.calls.fanfleet_measure(file, first, sizes + 4 * NUMBERS_IN * at, 1, found, counts, places.details);
    numbers.set(numbersAt(wasm, found, NUMBERS_OUT), at * perImage);
    numbers.set(numbersAt(wasm, counts, COUNTS), at * perImage + NUMBERS_OUT);
    inMilliseconds(numbers, at * perImage);
    if (numbers[at * perImage] === 1) details.push(wasm.text(places.details, DETAIL));
    piece += images[at * NUMBERS_IN + 2] ?? 0;
  }
  return { numbers, details };
}

/** The two times of an image, which are nanoseconds. */
function inMilliseconds(numbers: Float64Array, first: number): void {
  numbers[first + 1] = (numbers[first + 1] ?? 0) / 1e6;
  numbers[first + 2] = (numbers[first + 2] ?? 0) / 1e6;
}

const FORMATS = { png: 0, jpeg: 1, npy: 2 } as const;
/** Bytes of the structures `Request` and `Made`. */
const REQUEST = 40;
const MADE = 296;

function normalise(
  wasm: WasmInstance,
  scratch: Scratch,
  files: number,
  pieces: number,
  { lengths }: Input,
  { settings }: ImageJob & { kind: 'normalise' },
): NormaliseAnswer {
  const { width, height, format, quality, headerBytes, each, range } = settings;
  const request = scratch.take(REQUEST);
  const made = scratch.take(MADE);
  const words = [width, height, lengths.length, FORMATS[format], quality, headerBytes, Number(each)];
  new Uint32Array(wasm.calls.memory.buffer, request, 8).set([...words, Number(range !== undefined)]);
  wasm.bytes(request + 32, 6).set(range ?? [0, 0, 0, 0, 0, 0]);
  wasm.output = undefined;
  const state = Number(wasm.calls.fanfleet_normalise(files, pieces, request, made));
  const none = { extremes: [], checksum: 0, decodeMs: 0, encodeMs: 0 };
  if (state !== 0) return { ...none, ...(state === 1 && { detail: wasm.text(made + 34, DETAIL) }) };

  const view = wasm.view(made, MADE);
  const rest = wasm.bytes(view.getUint32(0, true), view.getUint32(4, true));
  const answer = {
    output: wasm.output ?? new Uint8Array(rest),
    extremes: [...wasm.bytes(made + 28, 6)],
    checksum: view.getUint32(24, true),
    decodeMs: Number(view.getBigUint64(8, true)) / 1e6,
    encodeMs: Number(view.getBigUint64(16, true)) / 1e6,
  };
  wasm.output = undefined;
  wasm.calls.fanfleet_release(made);
  return answer;
}
