import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareKeys } from '../../src/dataset/order.ts';
import { readStill } from '../../src/kernel/formats/read.ts';
import { linesOf } from './png.ts';
import type { Random } from './random.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Larger ones are few, and slow to change. */
const MOST_BYTES = 20_000;

export type Sample = {
  readonly name: string;
  readonly data: Buffer;
  /** The filtered lines of a PNG. */
  readonly lines: Buffer;
};

/** The odd images (test/fixtures/odd_images.py) by where they get. */
export type Corpus = {
  /** Those that reach a decoder. */
  readonly jpegs: readonly Sample[];
  readonly pngs: readonly Sample[];
  /** Other formats, which sharp decodes. */
  readonly others: readonly Sample[];
  /** What their headers or structures refuse. */
  readonly refused: readonly Sample[];
  /** SHA-256 of all names and bytes: a seed gives the same inputs only from the same corpus. */
  readonly digest: string;
};

/** Write the odd images into a folder. */
export function writeCorpus(folder: string): void {
  execFileSync(join(ROOT, '.venv/bin/python'), ['-B', join(ROOT, 'test/fixtures/odd_images.py'), folder]);
}

export function readCorpus(folder: string): Corpus {
  const samples = readdirSync(folder)
    .sort(compareKeys)
    .map((name) => sampleOf(name, readFileSync(join(folder, name))))
    .filter(({ data }) => data.length <= MOST_BYTES);
  const hash = createHash('sha256');
  for (const { name, data } of samples) hash.update(`${name}\0${data.length}\0`).update(data);
  const groups = Map.groupBy(samples, ({ data }) => {
    if (typeof readStill(data) === 'string') return 'refused';
    if (data[0] === 0xff) return 'jpegs';
    return data[0] === 0x89 ? 'pngs' : 'others';
  });
  const group = (name: 'jpegs' | 'pngs' | 'others' | 'refused') => groups.get(name) ?? [];
  return {
    jpegs: group('jpegs'),
    pngs: group('pngs'),
    others: group('others'),
    refused: group('refused'),
    digest: hash.digest('hex'),
  };
}

function sampleOf(name: string, data: Buffer): Sample {
  return { name, data, lines: data[0] === 0x89 ? linesOf(data) : Buffer.alloc(0) };
}

/** Mostly what the native decoders read; at times the rest, which shows that sharp is reached, or nothing at all. */
export function pickSample({ jpegs, pngs, others, refused }: Corpus, random: Random): Sample {
  const kind = random.below(20);
  const samples = kind < 10 ? jpegs : kind < 17 ? pngs : kind < 19 ? others : refused;
  const sample = samples[random.below(samples.length)];
  if (sample === undefined) throw new RangeError('Expected samples of every kind but a list is empty.');
  return sample;
}
