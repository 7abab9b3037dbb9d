import { hash } from 'node:crypto';
import { layout } from '../../../src/contract/layout.ts';
import { DIGITS, type Digit, digitPng, readDigits } from '../../../src/dataset/sample-digits.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { LabelsOfRows } from '../../../src/workloads/knn/answer.ts';
import { readLabels, writeLabels } from '../../../src/workloads/knn/labels-file.ts';
import { type TrainingSet, writeTraining } from '../../../src/workloads/knn/training.ts';
import { type Neighbour, vote } from '../../../src/workloads/knn/vote.ts';
import { inLabelOrder } from '../../../src/workloads/labels/label-order.ts';
import { MemoryBucket } from '../aggregate/fixture.ts';
import { HOSTILE_KEYS, RUN_ID, sampleInput } from './sample.ts';

/** Labels that try to break out of whatever shows them, one for each digit. */
export const HOSTILE_LABELS = [
  '<script>alert(1)</script>',
  '"><img src=x>',
  "it's & <b>bold</b>",
  '\u202egpj\u001b[31m',
  `long-${'long-'.repeat(40)}`,
  'a | b',
  '=1+1',
  'two words',
  'a,"b"',
  '9',
];

const ASKED = 500;
const K = 5;
const SIDE = 8;

export interface ClassifiedOptions {
  /** Of the digits from 0 on. @default the digits */
  readonly labels?: readonly string[];
  /** Whether keys are those of hostile users, as far as there are any. @default false */
  readonly hostileKeys?: boolean;
  /** So many of the asked images have no known label. @default 0 */
  readonly unlabelled?: number;
}

export interface ClassifiedRun {
  readonly summary: Summary;
  /** The run's files as `prepare` leaves them. */
  readonly runs: MemoryBucket;
  /** The images that were asked. */
  readonly images: MemoryBucket;
}

/** The handwritten digits, of which 500 were asked and 1,297 were learned from. */
export async function classifiedRun(options: ClassifiedOptions = {}): Promise<ClassifiedRun> {
  const { labels = Array.from('0123456789'), hostileKeys = false, unlabelled = 0 } = options;
  const digits = await readDigits();
  const isAsked = (i: number) => Math.floor(((i + 1) * ASKED) / DIGITS) > Math.floor((i * ASKED) / DIGITS);
  const all = digits.map((digit, i) => ({ digit, i, label: labels[digit.label] ?? '' }));
  const [asked, learnt] = [all.filter(({ i }) => isAsked(i)), all.filter(({ i }) => !isAsked(i))];
  const keyOf = ({ i, label }: { i: number; label: string }) =>
    `digits/${String(i + 1).padStart(4, '0')}-${label}.png`;
  const set = trainingSet(learnt);
  const vectors = learnt.map(({ digit }) => rgbOf(digit));
  const images = new MemoryBucket();
  const answers = asked.map((one) => {
    const neighbours = nearest(one, vectors);
    return { ...one, neighbours, taken: vote(neighbours, set), key: keyOf(one) };
  });
  if (hostileKeys) {
    const wrong = answers.filter(({ label, taken }) => label !== taken);
    for (const [n, key] of HOSTILE_KEYS.entries()) Object.assign(wrong[n] ?? {}, { key });
  }
  for (const { key, i } of answers) images.put(key, digitPng(digits, i));
  const known = answers.slice(unlabelled).map(({ key, label }) => [key, label] as const);
  const labelsFile = writeLabels(set, learnt.map(keyOf), known);
  const rows = new LabelsOfRows({ k: K }, readLabels(labelsFile));
  for (const { key, taken, neighbours } of answers) {
    rows.add({ key, width: SIDE, height: SIDE, channels: 3, label: taken, neighbours });
  }
  const answer = rows.finish();
  const input = await sampleInput({ images: ASKED });
  const workload = {
    name: 'knn',
    params: { k: K, ask: ASKED, labels: 'auto' },
  } as const satisfies Summary['request']['workload'];
  const summary = buildSummary({
    ...input,
    run: { ...input.run, workload },
    arms: input.arms.map(({ aggregate, ...arm }) => ({
      ...arm,
      aggregate: aggregate && { ...aggregate, answer },
    })),
  });
  return { summary, runs: runsBucket(set, labelsFile), images };
}

function runsBucket(set: TrainingSet, labels: Buffer): MemoryBucket {
  const bucket = new MemoryBucket();
  const put = (name: string, file: Buffer) => {
    const key = layout.inputFile(RUN_ID, name);
    bucket.put(key, file);
    return { key, sha256: hash('sha256', file), bytes: file.length };
  };
  const files = { training: put('training.bin', writeTraining(set)), labels: put('labels.json', labels) };
  bucket.put(layout.inputs(RUN_ID), JSON.stringify({ ...files, notes: [] }));
  return bucket;
}

function trainingSet(learnt: readonly { digit: Digit; label: string }[]): TrainingSet {
  const labels = inLabelOrder(learnt.map(({ label }) => label));
  return {
    ...{ width: SIDE, height: SIDE, labels },
    labelOf: Uint32Array.from(learnt, ({ label }) => labels.indexOf(label)),
    pixels: Buffer.concat(learnt.map(({ digit }) => rgbOf(digit))),
  };
}

function rgbOf({ levels }: Digit): Uint8Array {
  return Uint8Array.from([...levels].flatMap((level) => [grey(level), grey(level), grey(level)]));
}

/** As the pixels of the sample. */
function grey(level: number): number {
  return Math.round((level * 255) / 16);
}

/** It takes a second or more, and is the same whatever digits are called. */
const found = new Map<number, Neighbour[]>();

function nearest(
  asked: { readonly i: number; readonly digit: Digit },
  learnt: readonly Uint8Array[],
): Neighbour[] {
  const known = found.get(asked.i);
  if (known !== undefined) return known;
  const own = rgbOf(asked.digit);
  const neighbours = learnt
    .map((other, index): Neighbour => {
      let distance = 0;
      for (let at = 0; at < own.length; at += 1) distance += ((own[at] ?? 0) - (other[at] ?? 0)) ** 2;
      return [index, distance];
    })
    .sort(([a, ofA], [b, ofB]) => ofA - ofB || a - b)
    .slice(0, K);
  found.set(asked.i, neighbours);
  return neighbours;
}
