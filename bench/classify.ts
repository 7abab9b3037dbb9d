/**
 * The whole of classifying images (decoding, tensors, the model, rows) beside ONNX Runtime alone on tensors that are ready, and beside
 * Pillow, numpy and ONNX Runtime as people write them: one core, one thread each.
 *
 * node bench/classify.ts                       three models, 40 images each, 5 rounds
 * node bench/classify.ts --model orientation --images 320
 * node bench/classify.ts --contender fanfleet --markdown FILE
 */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { loadModel } from '../src/models/load-model.ts';
import { localFiles } from '../src/models/local-files.ts';
import { haveModel } from '../src/models/named/have-model.ts';
import { MODEL_NAMES, type ModelName } from '../src/models/named/named-models.ts';
import { writeClassifier } from '../src/workloads/classify/classifier-file.ts';
import { classifierOf } from '../src/workloads/classify/classifier-of.ts';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { FLEET_PYTHON, inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { type Found, PEER_OPTIONS } from './peer-bench.ts';
import { peerTable } from './peer-table.ts';
import { ROOT } from './places.ts';
import { imageSet, readSet } from './sets.ts';
import { measureSideBySide } from './side-by-side.ts';

/** Images that a run gives a model at once unless it is told otherwise, and those that a model alone is tried with. */
const USUAL = 8;
const BATCHES = [1, 8, 32];
/** A line of text, as a detector of text cuts it out. */
const LINE = { width: 240, height: 56 };

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    ...PEER_OPTIONS,
    model: { type: 'string', default: '' },
    images: { type: 'string', default: '40' },
  },
});
const [rounds, seed, wantedImages] = [values.rounds, values.seed, values.images].map(Number);
const python = { python: FLEET_PYTHON };
const reference = inPython(python, 'Pillow, numpy and onnxruntime', 'first', 'classify_fleet', 'pillow 1');
process.setMaxListeners(20); // one for each contender
const tables: string[] = [];
for (const name of MODEL_NAMES.filter((each) => each.includes(values.model))) tables.push(await bench(name));
if (values.markdown !== undefined) await writeFile(values.markdown, tables.join('\n'));

async function bench(name: ModelName): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-classify-'));
  try {
    await writeModel(name, folder);
    const { title, images } = await writeImages(name, join(folder, 'images'));
    const job: Job<string> = { folder, source: 'memory', task: 'classify', threads: 1, store: null };
    const load = loadavg()[0]?.toFixed(1);
    const expected = (await rowsOf(reference, job)).map(String);
    const wrong = (rows: Found) => expected.filter((row, at) => row !== String(rows[at])).length;
    const contenders = allContenders().filter((each) => each.name.includes(values.contender));
    const results = await measureSideBySide(contenders, job, {
      ...{ rounds: rounds ?? 5, seed: seed ?? 1 },
      answerOf: async (contender) => wrong(await contender.rows()),
      onStep: (step) => stderr.write(`${name}: ${step}\n`),
    });
    const words = { unit: 'image', wrong: (count: number) => `other values in ${count} of ${images}` };
    const text =
      `${name}: ${cpus()[0]?.model}, one core, load ${load} before; ${images} ${title}, ${rounds} rounds, seed ${seed}.\n\n` +
      peerTable(results, ['onnxruntime-node alone', 'onnxruntime alone'], words);
    stdout.write(`${text}\n`);
    return text;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function allContenders(): Contender[] {
  const node = (name: string, variant: string) => inNode(name, 'fanfleet', 'classify', variant);
  const fleet = (name: string, variant: string) =>
    inPython(python, name, 'fanfleet', 'classify_fleet', variant);
  return [
    ...BATCHES.flatMap((batch): Contender[] => [
      inNode(`onnxruntime-node alone, ${batch} at once`, 'bound', 'classify', `bare ${batch}`),
      inPython(python, `onnxruntime alone, ${batch} at once`, 'bound', 'classify_fleet', `bare ${batch}`),
    ]),
    node('fanfleet, native', `native ${USUAL}`),
    node('fanfleet, WebAssembly', `portable ${USUAL}`),
    fleet('fanfleet, native in Python', `native ${USUAL}`),
    fleet('fanfleet, Pillow', `portable ${USUAL}`),
    inPython(python, 'Pillow, numpy and onnxruntime', 'first', 'classify_fleet', `pillow ${USUAL}`),
  ];
}

/** The model, and what workers are told of it. */
async function writeModel(name: ModelName, folder: string): Promise<void> {
  const uvPython = join(ROOT, '.fanfleet/uv/bin/python');
  const { path } = await haveModel(name, join(ROOT, '.fanfleet/models'), { python: uvPython });
  const description = writeClassifier(classifierOf(await loadModel(localFiles, { model: path })));
  await copyFile(path, join(folder, 'model.onnx'));
  await writeFile(join(folder, 'classifier.json'), description);
}

/** Photographs; for a model of lines of text, small images that are as wide. */
async function writeImages(name: ModelName, folder: string): Promise<{ title: string; images: number }> {
  const set = await imageSet('photos', { few: (wantedImages ?? 40) <= 40 });
  const files = (await readSet(set)).slice(0, wantedImages);
  await mkdir(folder);
  for (const [at, file] of files.entries()) {
    const { width, height } = LINE;
    const line = sharp(file).resize(width, height, { fit: 'fill' }).jpeg({ quality: 90 });
    const image = name === 'orientation' ? await line.toBuffer() : file;
    await writeFile(join(folder, `${String(at).padStart(5, '0')}.jpg`), image);
  }
  const title = name === 'orientation' ? `JPEGs of ${LINE.width}x${LINE.height}` : 'JPEGs of 500x375';
  return { title, images: files.length };
}

/** What tells the answers of a contender apart. */
async function rowsOf(contender: Contender, job: Job<string>): Promise<Found> {
  const started = await ContenderProcess.start(contender, job);
  try {
    await started.run(1);
    return await started.rows();
  } finally {
    await started.stop();
  }
}
