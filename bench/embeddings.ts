/**
 * Embeddings of photographs: making them beside Daft itself, and the nearest of some beside DuckDB and faiss; one core, one thread each, in turn.
 *
 * node bench/embeddings.ts                  1,000 embedded by each, 20 looked for among 10,000, 3 rounds
 * node bench/embeddings.ts --images 2000 --embedded 200 --rounds 1
 * node bench/embeddings.ts --only nearest --contender fanfleet --markdown FILE
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, execPath, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { openEmbeddings } from '../src/embeddings/read-embeddings.ts';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { FLEET_PYTHON, inNode, inPython } from './contenders.ts';
import { EMBEDDED_LAYER, writeEmbeddedModel } from './embedded-model.ts';
import { deviation, type Vectors, wrongRows } from './embeddings-agreement.ts';
import type { Job } from './job.ts';
import { type Found, PEER_OPTIONS } from './peer-bench.ts';
import { peerTable } from './peer-table.ts';
import { ROOT } from './places.ts';
import { imageSet } from './sets.ts';
import { measureSideBySide } from './side-by-side.ts';
import { installEmbeddingPeers } from './tools.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    ...PEER_OPTIONS,
    rounds: { type: 'string', default: '3' },
    images: { type: 'string', default: '10000' },
    embedded: { type: 'string', default: '1000' },
    queries: { type: 'string', default: '20' },
    k: { type: 'string', default: '10' },
    only: { type: 'string', default: 'embed,nearest' },
  },
});
const [rounds, seed, count, queries, k] = (['rounds', 'seed', 'embedded', 'queries', 'k'] as const).map(
  (name) => Number(values[name]),
) as [number, number, number, number, number];
const turns = { rounds, seed, onStep: (step: string) => stderr.write(`embeddings: ${step}\n`) };
const PARTS = { embed, nearest };
const set = await imageSet('photos', { images: Number(values.images) });
const folder = await mkdtemp(join(tmpdir(), 'fanfleet-embeddings-'));
process.setMaxListeners(20); // one for each contender
try {
  await writeEmbeddedModel(folder);
  const tables: string[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (!values.only.split(',').includes(name)) continue;
    const head = `${cpus()[0]?.model}, one core, load ${loadavg()[0]?.toFixed(1)} before; ${rounds} rounds, seed ${seed}`;
    const table = `${head}; ${await part()}`;
    stdout.write(`${table}\n`);
    tables.push(table);
  }
  if (values.markdown !== undefined) await writeFile(values.markdown, tables.join('\n'));
} finally {
  await rm(folder, { recursive: true });
}

/** From files to embeddings in a file, of some of the photographs. */
async function embed(): Promise<string> {
  const names = (await readdir(set.folder)).sort().slice(0, count);
  await mkdir(join(folder, 'images'));
  for (const name of names) await copyFile(join(set.folder, name), join(folder, 'images', name));
  const job: Job<string> = { folder, source: 'files', task: 'embed', threads: 1, store: null };
  const python = { python: FLEET_PYTHON };
  const daft = (decoder: string, variant: string) =>
    inPython(python, `Daft, ${decoder}, ${variant}`, 'tuned', 'embed_daft', `${decoder} ${variant}`);
  const expected = await foundBy(daft('pillow', 'thread 32'), job);
  const contenders = [
    inNode('fanfleet embed', 'fanfleet', 'embed', 'native 8'),
    inPython(python, "fanfleet's workers in Python", 'fanfleet', 'embed_fleet', 'native 8'),
    ...['thread 8', 'thread 32', 'thread 128', 'process 32'].map((variant) => daft('pillow', variant)),
    ...['thread 32', 'process 32'].map((variant) => daft('daft', variant)),
  ];
  const notes: string[] = [];
  const results = await measureSideBySide(chosen(contenders), job, {
    ...turns,
    answerOf: async (contender) => {
      const { others, difference, cosine } = deviation(expected, await contender.rows());
      if (others > 0) {
        const { name } = contender.contender;
        notes.push(
          `\n${name}: numbers differ by up to ${difference.toPrecision(2)}, cosines are ${cosine.toPrecision(4)} or more.\n`,
        );
      }
      return others;
    },
  });
  const words = { unit: 'image', wrong: (others: number) => `other numbers of ${others}` };
  return `${names.length} JPEGs of 500x375, layer ${EMBEDDED_LAYER} of orientation.\n\n${peerTable(results, ['Daft, pillow', 'Daft, daft'], words)}${notes.join('')}`;
}

/** Some of the photographs looked for among all. */
async function nearest(): Promise<string> {
  const path = join(folder, 'embeddings.parquet');
  const model = ['--model', join(folder, 'model.onnx'), '--layer', EMBEDDED_LAYER];
  turns.onStep(`embedding ${set.images}`);
  const { status, stderr: said } = spawnSync(
    execPath,
    [join(ROOT, 'cli/main.ts'), 'embed', set.folder, ...model, '--out', path],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status !== 0) throw new Error(`Expected embeddings of ${set.folder} but got: ${said}`);
  const { keys, vectors } = await readAll(path);
  const asked = Array.from({ length: queries }, (_, at) => Math.floor((at * keys.length) / queries));
  await writeFile(join(folder, 'queries.json'), JSON.stringify({ keys: asked.map((row) => keys[row]), k }));
  const peers = { python: await installEmbeddingPeers() };
  const job: Job<string> = { folder, source: 'files', task: 'embeddings', threads: 1, store: null };
  const contenders = [
    inNode('fanfleet nearest, from the file', 'fanfleet', 'near_embeddings', 'l2'),
    inPython(peers, 'DuckDB, from the file', 'tuned', 'near_embeddings_peers', 'duckdb'),
    inPython(peers, 'faiss IndexFlatL2, in memory', 'tuned', 'near_embeddings_peers', 'faiss'),
  ];
  const results = await measureSideBySide(chosen(contenders), job, {
    ...turns,
    answerOf: async (contender) => wrongRows(vectors, asked, k, await contender.rows()),
  });
  const words = { unit: 'query', wrong: (others: number) => `others of ${others} queries` };
  return `${k} nearest of ${queries} among ${keys.length} x ${vectors.length}.\n\n${peerTable(results, ['DuckDB', 'faiss'], words)}`;
}

function chosen(contenders: readonly Contender[]): Contender[] {
  return contenders.filter(({ name }) => name.includes(values.contender));
}

async function foundBy(contender: Contender, job: Job<string>): Promise<Found> {
  const started = await ContenderProcess.start(contender, job);
  try {
    await started.run(1);
    return await started.rows();
  } finally {
    await started.stop();
  }
}

async function readAll(path: string): Promise<{ keys: readonly string[]; vectors: Vectors }> {
  const body = await readFile(path);
  const read = async (start: number, end: number) => body.subarray(start, end);
  const { groups, format } = await openEmbeddings({ bytes: body.length, read }, path);
  const keys = (await Promise.all(groups.map((group) => group.keys()))).flat();
  const numbers = new Float32Array(keys.length * format.length);
  let at = 0;
  for (const group of groups) {
    const some = await group.numbers();
    numbers.set(some, at);
    at += some.length;
  }
  return { keys, vectors: { numbers, length: format.length } };
}
