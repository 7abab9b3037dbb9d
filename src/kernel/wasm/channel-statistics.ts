import { SCAN_WASM } from './scan-wasm.ts';

/** Exact statistics of one channel. */
export type ChannelStatistics = {
  readonly sum: number;
  readonly sumSq: number;
  readonly min: number;
  readonly max: number;
};

/** What scan.rs exports. */
type Scan = {
  readonly memory: WebAssembly.Memory;
  /** Addresses. */
  readonly pixels: () => number;
  readonly statistics: () => number;
  readonly scan_rgb: (bytes: number) => void;
  readonly scan_grey: (bytes: number) => void;
};

/** As in scan.rs: what one call takes. */
const CHUNK_BYTES = 48 * 2048;
const CHANNELS = 3;
const PER_CHANNEL = 4;

type Loaded = { readonly scan: Scan; readonly chunk: Uint8Array; readonly found: Float64Array };
let loaded: Loaded | undefined;

/**
 * The statistics of interleaved 8-bit pixels, one per channel. WebAssembly's SIMD takes a third to a half of the time
 * that counting in JavaScript takes, the copy into its memory included.
 *
 * @param data whole pixels, at least one
 */
export function channelStatistics(data: Uint8Array, channels: 1 | 3): ChannelStatistics[] {
  loaded ??= load();
  const { scan, chunk, found } = loaded;
  const totals = Array.from({ length: channels }, () => ({ sum: 0, sumSq: 0, min: 255, max: 0 }));
  for (let at = 0; at < data.length; at += CHUNK_BYTES) {
    const part = data.subarray(at, at + CHUNK_BYTES);
    chunk.set(part);
    if (channels === 1) scan.scan_grey(part.length);
    else scan.scan_rgb(part.length);
    totals.forEach((total, channel) => {
      const [sum = 0, sumSq = 0, min = 0, max = 0] = found.subarray(PER_CHANNEL * channel);
      total.sum += sum;
      total.sumSq += sumSq;
      total.min = Math.min(total.min, min);
      total.max = Math.max(total.max, max);
    });
  }
  return totals;
}

/** Not before it is needed: where the native kernel is, most processes never do. */
function load(): Loaded {
  const module = new WebAssembly.Module(Buffer.from(SCAN_WASM, 'base64'));
  const scan = new WebAssembly.Instance(module).exports as Scan;
  const { buffer } = scan.memory;
  return {
    scan,
    chunk: new Uint8Array(buffer, scan.pixels(), CHUNK_BYTES),
    found: new Float64Array(buffer, scan.statistics(), CHANNELS * PER_CHANNEL),
  };
}
