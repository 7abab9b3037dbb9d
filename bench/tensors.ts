/**
 * Tensors of images beside Pillow with numpy, OpenCV and sharp: one core, one thread each, all of the same JPEGs of 500x375. The
 * shorter side becomes 256 (bilinear), 224x224 are cut out of the middle, and normalised to float32 in NCHW.
 *
 * node bench/tensors.ts                    320 images, 5 rounds
 * node bench/tensors.ts --few              40 images
 * node bench/tensors.ts --contender fanfleet --markdown FILE
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { FLEET_PYTHON, inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { type Found, PEER_OPTIONS } from './peer-bench.ts';
import { peerTable } from './peer-table.ts';
import { imageSet } from './sets.ts';
import { measureSideBySide } from './side-by-side.ts';
import { installTensorPeers } from './tools.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: { ...PEER_OPTIONS, few: { type: 'boolean', default: false } },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];

const peers = { python: await installTensorPeers() };
const reference = inPython(peers, 'Pillow and numpy', 'first', 'tensors_peers', 'pillow_first');
const contenders = allContenders().filter(({ name }) => name.includes(values.contender));
const { folder, images } = await imageSet('photos', { few: values.few });
const job: Job<string> = { folder, source: 'memory', task: 'tensors', threads: 1, store: null };
const load = loadavg()[0]?.toFixed(1);
const expected = (await rowsOf(reference)).map(String);
const wrong = (rows: Found) => expected.filter((row, at) => row !== String(rows[at])).length;
const results = await measureSideBySide(contenders, job, {
  ...{ rounds, seed },
  answerOf: async (contender) => wrong(await contender.rows()),
  onStep: (step) => stderr.write(`tensors: ${step}\n`),
});
const words = { unit: 'image', wrong: (count: number) => `other values in ${count} of ${images}` };
const text =
  `${cpus()[0]?.model}, one core, load ${load} before; ${images} JPEGs of 500x375, ${rounds} rounds, seed ${seed}.\n\n` +
  peerTable(results, ['Pillow and numpy', 'simplejpeg', 'OpenCV'], words);
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);

function allContenders(): Contender[] {
  const fleet = { python: FLEET_PYTHON };
  return [
    inNode('fanfleet, native', 'fanfleet', 'tensors', 'native'),
    inNode('fanfleet, WebAssembly', 'fanfleet', 'tensors', 'portable'),
    inPython(fleet, 'fanfleet, native in Python', 'fanfleet', 'tensors_fleet', 'native'),
    inPython(fleet, 'fanfleet, Pillow', 'fanfleet', 'tensors_fleet', 'portable'),
    reference,
    inPython(peers, 'Pillow and numpy in place', 'tuned', 'tensors_peers', 'pillow_in_place'),
    inPython(peers, 'simplejpeg, Pillow and numpy in place', 'tuned', 'tensors_peers', 'simplejpeg_pillow'),
    inPython(peers, 'OpenCV, INTER_LINEAR, and numpy in place', 'tuned', 'tensors_peers', 'opencv_linear'),
    inPython(peers, 'OpenCV, INTER_AREA, and numpy in place', 'tuned', 'tensors_peers', 'opencv_area'),
    inNode('sharp and a table', 'tuned', 'tensors', 'sharp'),
  ];
}

/** What tells the tensors of a contender apart. */
async function rowsOf(contender: Contender): Promise<Found> {
  const started = await ContenderProcess.start(contender, job);
  try {
    await started.run(1);
    return await started.rows();
  } finally {
    await started.stop();
  }
}
