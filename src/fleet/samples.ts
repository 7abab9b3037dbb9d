import * as z from 'zod';

const bytes = z.number().nonnegative();

/**
 * A line of `metrics/<instanceId>.jsonl`, which a host writes of itself (ec2-workers/fanfleet/watch.py): one a second, or
 * one for every two, four … seconds of a long run.
 */
export const sampleSchema = z.object({
  /** Epoch milliseconds by the host's clock; the sample is of the time since the one before. */
  at: z.number(),
  /** Cores in use on average, and cores that the host may use. */
  cpu: z.number().nonnegative(),
  cpus: z.number().positive(),
  memoryBytes: bytes,
  memoryLimitBytes: bytes,
  /** Since the host's watch began; null where the host shares its interfaces with others. */
  receivedBytes: bytes.nullable(),
  sentBytes: bytes.nullable(),
});
export type Sample = z.infer<typeof sampleSchema>;

/** The samples of JSON Lines, in order of time. What is no sample is left out, as the first line of a tail that was cut. */
export function parseSamples(text: string): Sample[] {
  return text
    .split('\n')
    .flatMap((line) => parseLine(line) ?? [])
    .sort((a, b) => a.at - b.at);
}

function parseLine(line: string): Sample | undefined {
  try {
    return sampleSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Pieces of the time that `cpuOverTime` and `memoryOverTime` divide. */
const BINS = 60;
const fraction = z.number().min(0).max(1);

/** What a host used during some time. Fractions are of its own cores, and at most 1, since the kernel's clock is coarse. */
export const utilisationSchema = z.object({
  samples: z.int().positive(),
  cpus: z.number().positive(),
  cpuMean: fraction,
  cpuPeak: fraction,
  memoryPeakBytes: bytes,
  memoryLimitBytes: bytes,
  receivedBytes: bytes.nullable(),
  sentBytes: bytes.nullable(),
  /** Mean of each sixtieth of the time; null where no sample reaches into it. */
  cpuOverTime: z.array(fraction.nullable()).length(BINS),
  /** Mean of each sixtieth of the time, likewise. */
  memoryOverTime: z.array(bytes.nullable()).length(BINS),
});
export type Utilisation = z.infer<typeof utilisationSchema>;

/**
 * What the samples say of a time, in epoch milliseconds.
 *
 * @param samples in order of time
 * @returns null where no sample is of that time
 */
export function utilisationOf(samples: readonly Sample[], from: number, to: number): Utilisation | null {
  const pieces = piecesWithin(samples, from, to);
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return null;
  const before = samples[samples.indexOf(first.sample) - 1];
  const counted = (name: 'receivedBytes' | 'sentBytes') => {
    const end = last.sample[name];
    return end === null ? null : Math.max(0, end - (before?.[name] ?? 0));
  };
  return {
    samples: pieces.length,
    cpus: last.sample.cpus,
    cpuMean: cpuWithin(pieces, from, to) ?? 0,
    cpuPeak: Math.max(...pieces.map(({ sample }) => cpuFraction(sample))),
    memoryPeakBytes: Math.max(...pieces.map(({ sample }) => sample.memoryBytes)),
    memoryLimitBytes: last.sample.memoryLimitBytes,
    receivedBytes: counted('receivedBytes'),
    sentBytes: counted('sentBytes'),
    cpuOverTime: overTime(from, to, (start, end) => cpuWithin(pieces, start, end)),
    memoryOverTime: overTime(from, to, (start, end) => {
      const mean = meanWithin(pieces, start, end, ({ memoryBytes }) => memoryBytes);
      return mean === null ? null : Math.round(mean);
    }),
  };
}

function overTime<T>(from: number, to: number, within: (start: number, end: number) => T): T[] {
  const width = (to - from) / BINS;
  return Array.from({ length: BINS }, (_, bin) => within(from + bin * width, from + (bin + 1) * width));
}

/** A sample, and the time that it is of. */
interface Piece {
  readonly sample: Sample;
  readonly start: number;
}

/** Before the first sample there was one that is not kept. */
const SAMPLE_MS = 1_000;
/** A sample that comes later than this says nothing of the time before it: the host was not watched, or asleep. */
const LONGEST_GAP_MS = 60_000;

function piecesWithin(samples: readonly Sample[], from: number, to: number): Piece[] {
  return samples
    .map((sample, i) => {
      const before = samples[i - 1]?.at ?? sample.at - SAMPLE_MS;
      return { sample, start: sample.at - before > LONGEST_GAP_MS ? sample.at - SAMPLE_MS : before };
    })
    .filter(({ sample, start }) => sample.at > from && start < to);
}

/** The use of the cores, a fraction to four decimals. */
function cpuWithin(pieces: readonly Piece[], from: number, to: number): number | null {
  const mean = meanWithin(pieces, from, to, cpuFraction);
  return mean === null ? null : Math.round(mean * 1e4) / 1e4;
}

/** The mean over the part of a time that there are samples of, each for as long as it is of. */
function meanWithin(
  pieces: readonly Piece[],
  from: number,
  to: number,
  of: (sample: Sample) => number,
): number | null {
  let sum = 0;
  let weight = 0;
  for (const { sample, start } of pieces) {
    const overlap = Math.min(to, sample.at) - Math.max(from, start);
    if (overlap <= 0) continue;
    sum += of(sample) * overlap;
    weight += overlap;
  }
  return weight === 0 ? null : sum / weight;
}

export function cpuFraction({ cpu, cpus }: Pick<Sample, 'cpu' | 'cpus'>): number {
  return Math.min(1, cpu / cpus);
}
