/**
 * Gives the native or the portable kernel files made from the odd images of test/fixtures by random changes.
 *
 * npm run fuzz -- --inputs 1000000 --seed 1            all of them, in one process that is watched
 * npm run fuzz -- --seed 1 --at 4711 --write FILE      one of them again, and its bytes
 * npm run fuzz -- --addon wasm                         the portable kernel, which is WebAssembly
 * npm run fuzz -- --addon FILE --preload libasan.so    an addon with AddressSanitizer (CONTRIBUTING.md)
 *
 * Ends with 1 if a process died, hung, grew or rejected, or if sharp's kernel gave another row.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout, versions } from 'node:process';
import { parseArgs } from 'node:util';
import { ADDON_PATH } from '../src/kernel/native-addon.ts';
import { readCorpus, writeCorpus } from './fuzz/corpus.ts';
import { fuzz } from './fuzz/fuzz.ts';
import { makeInput } from './fuzz/mutate.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    inputs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    at: { type: 'string' },
    write: { type: 'string' },
    addon: { type: 'string', default: ADDON_PATH },
    preload: { type: 'string' },
    compareEvery: { type: 'string', default: '50' },
    normaliseEvery: { type: 'string', default: '10' },
  },
});
const seed = Number(values.seed);
const [from, to] =
  values.at === undefined ? [0, Number(values.inputs)] : [Number(values.at), Number(values.at) + 1];
const [compareEvery, normaliseEvery] =
  values.at === undefined ? [Number(values.compareEvery), Number(values.normaliseEvery)] : [1, 1];

const folder = mkdtempSync(join(tmpdir(), 'fanfleet-fuzz-'));
try {
  writeCorpus(folder);
  const corpus = readCorpus(folder);
  const samples = [corpus.jpegs, corpus.pngs, corpus.others, corpus.refused].flat().length;
  say(`Node ${versions.node}, ${samples} samples, corpus ${corpus.digest.slice(0, 12)}, seed ${seed}`);
  if (values.write !== undefined) writeFileSync(values.write, makeInput(corpus, seed, from).data);
  const started = performance.now();
  const { findings, counts } = await fuzz({
    folder,
    seed,
    from,
    to,
    compareEvery,
    normaliseEvery,
    addon: values.addon,
    // A sanitizer keeps freed memory, to see reads of it.
    ...(values.preload && { env: { LD_PRELOAD: values.preload }, growthBytes: Number.POSITIVE_INFINITY }),
    onProgress: (at, rssBytes) =>
      say(`${at.toLocaleString('en')} inputs, ${(rssBytes / 2 ** 20).toFixed(0)} MiB`),
  });
  for (const { kind, number, detail } of findings) say(`${kind}: --seed ${seed} --at ${number}: ${detail}`);
  say(`${((performance.now() - started) / 1000).toFixed(0)} s, ${JSON.stringify(counts)}`);
  say(`${findings.length} findings`);
  process.exitCode = findings.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}
