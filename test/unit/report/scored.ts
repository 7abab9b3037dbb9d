import { DIGITS, type Digit, digitPng, readDigits } from '../../../src/dataset/sample-digits.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { ClassesOfRows } from '../../../src/workloads/classify/answer.ts';
import { classifiedRow } from '../../../src/workloads/classify/classified-row.ts';
import { readTruth, writeTruth } from '../../../src/workloads/classify/truth-file.ts';
import { MemoryBucket } from '../aggregate/fixture.ts';
import { HOSTILE_KEYS, sampleInput } from './sample.ts';

const SIDE = 8;
const IMAGES = 500;
const TOP = 5;

export interface ScoredOptions {
  /** Of the classes. @default the digits */
  readonly labels?: readonly string[];
  /** Whether keys are those of hostile users, as far as there are any. @default false */
  readonly hostileKeys?: boolean;
  /** So many of the images have no known label. @default 0 */
  readonly unlabelled?: number;
  /** So many of the images are of no class of the model. @default 0 */
  readonly foreign?: number;
}

export interface ScoredRun {
  readonly summary: Summary;
  readonly images: MemoryBucket;
}

/** The first handwritten digits, by a model that knows the mean of each: the nearer, the larger the output. */
export async function scoredRun(options: ScoredOptions = {}): Promise<ScoredRun> {
  const { labels = Array.from('0123456789'), hostileKeys = false, unlabelled = 0, foreign = 0 } = options;
  const digits = await readDigits();
  const means = meansOf(digits);
  const images = new MemoryBucket();
  const rows = digits.slice(0, IMAGES).map((digit, i) => {
    const key = `digits/${String(i + 1).padStart(4, '0')}.png`;
    const logits = Float32Array.from(means, (mean) => -distance(digit, mean) / 60);
    return {
      i,
      digit,
      row: classifiedRow({ key, width: SIDE, height: SIDE }, logits, { labels, isSoftmax: false, top: TOP }),
    };
  });
  if (hostileKeys) {
    const wrong = rows.filter(({ row, digit }) => 'label' in row && row.label !== labels[digit.label]);
    for (const [n, key] of HOSTILE_KEYS.entries()) {
      const one = wrong[n];
      if (one !== undefined) one.row = { ...one.row, key };
    }
  }
  const truth = new Map(
    rows
      .slice(unlabelled)
      .map(({ row, digit }, n) => [row.key, n < foreign ? 'a letter' : (labels[digit.label] ?? '')]),
  );
  const answer = new ClassesOfRows({ top: TOP }, { labels, truth: readTruth(writeTruth(truth)) });
  for (const { row, i } of rows) {
    if ('error' in row) throw new Error(`Expected a row of ${row.key} but it failed.`);
    images.put(row.key, digitPng(digits, i));
    answer.add(row);
  }
  const input = await sampleInput({ images: IMAGES });
  const workload = {
    name: 'classify',
    params: { model: 'models/digits.onnx', top: TOP, modelBatch: 8, labels: 'auto' },
  } as const satisfies Summary['request']['workload'];
  const summary = buildSummary({
    ...input,
    run: { ...input.run, workload },
    arms: input.arms.map(({ aggregate, ...arm }) => ({
      ...arm,
      aggregate: aggregate && { ...aggregate, answer: answer.finish() },
    })),
  });
  return { summary, images };
}

/** The mean of the images of each digit. */
function meansOf(digits: readonly Digit[]): readonly Float64Array[] {
  return Array.from({ length: 10 }, (_, label) => {
    const own = digits.slice(IMAGES, DIGITS).filter((digit) => digit.label === label);
    return Float64Array.from({ length: SIDE * SIDE }, (__, at) => {
      return own.reduce((sum, { levels }) => sum + (levels[at] ?? 0), 0) / own.length;
    });
  });
}

function distance({ levels }: Digit, mean: Float64Array): number {
  return mean.reduce((sum, value, at) => sum + (value - (levels[at] ?? 0)) ** 2, 0);
}
