import { constants, deflateSync, inflateSync } from 'node:zlib';
import { PNG_SIGNATURE } from '../../src/kernel/formats/signature.ts';
import { pngChunk } from '../../src/kernel/png-writer.ts';
import { bytes, disordered, replaced } from './bytes.ts';
import type { Random } from './random.ts';

type Chunk = { readonly kind: string; readonly body: Buffer };

/** The filtered lines of a PNG, or none where its stream is damaged. */
export function linesOf(file: Buffer): Buffer {
  const stream = Buffer.concat(chunksOf(file).flatMap(({ kind, body }) => (kind === 'IDAT' ? [body] : [])));
  try {
    return inflateSync(stream, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 20 });
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * Change a PNG and make its checksums right again, mostly, so that the change reaches the decoder.
 *
 * @param lines of the PNG before any change: inflating here would not do, since Node 24 leaks where that fails
 */
export function mutatePng(file: Buffer, lines: Buffer, random: Random): Buffer {
  const chunks = chunksOf(file);
  const at = random.below(chunks.length);
  const chunk = chunks[at];
  if (chunk === undefined) return file;
  switch (random.below(8)) {
    case 0:
      return join(disordered(chunks, random), random);
    case 1:
      chunks.splice(at, 1, { ...chunk, kind: random.pick(KINDS) });
      return join(chunks, random);
    case 2:
      chunks.splice(at, 0, { kind: random.pick(KINDS), body: bytes(random.below(9), random) });
      return join(chunks, random);
    case 3:
    case 4:
      return join(withHeader(chunks, random), random);
    case 5:
      return join(
        withStream(chunks, (stream) => changedStream(stream, random), random),
        random,
      );
    case 6:
      return join(
        withStream(chunks, () => changedLines(lines, random), random),
        random,
      );
    default:
      chunks.splice(at, 1, { ...chunk, body: changedBody(chunk.body, random) });
      return join(chunks, random);
  }
}

const KINDS = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'tEXt', 'gAMA', 'XYZA'] as const;

/** Another size, depth, colour type or interlacing, in the bytes as they lie in ISO/IEC 15948, 11.2.2. */
function withHeader(chunks: readonly Chunk[], random: Random): Chunk[] {
  return chunks.map((chunk) => {
    if (chunk.kind !== 'IHDR' || chunk.body.length < 13) return chunk;
    const body = Buffer.from(chunk.body);
    const side = random.once(300) ? random.below(2 ** 31) : random.below(300);
    const kind = random.below(4);
    if (kind === 0) body.writeUInt32BE(side, random.pick([0, 4]));
    else if (kind === 1) body[8] = random.once(8) ? random.byte() : random.pick([1, 2, 4, 8, 16]);
    else if (kind === 2) body[9] = random.once(8) ? random.byte() : random.pick([0, 2, 3, 4, 6]);
    else body[10 + random.below(3)] = random.below(3);
    return { ...chunk, body };
  });
}

/** The image data as one stream, changed, and laid into chunks again. */
function withStream(chunks: readonly Chunk[], change: (stream: Buffer) => Buffer, random: Random): Chunk[] {
  const first = chunks.findIndex(({ kind }) => kind === 'IDAT');
  if (first < 0) return [...chunks];
  const data = chunks.filter(({ kind }) => kind === 'IDAT').map(({ body }) => body);
  let rest = change(Buffer.concat(data));
  const cut: Chunk[] = [];
  do {
    const length = random.once(2) ? rest.length : random.below(rest.length + 1);
    cut.push({ kind: 'IDAT', body: rest.subarray(0, length) });
    rest = rest.subarray(length);
  } while (rest.length > 0 && cut.length < 40);
  const others = chunks.filter(({ kind }) => kind !== 'IDAT');
  others.splice(Math.min(first, others.length), 0, ...cut);
  return others;
}

function changedStream(stream: Buffer, random: Random): Buffer {
  const at = random.below(stream.length);
  const count = Math.min(stream.length - at, random.below(8));
  return random.once(4)
    ? stream.subarray(0, at)
    : replaced(stream, at, count, bytes(random.below(8), random));
}

/** Other filters and samples, more or fewer lines: a sound stream of unsound lines. */
function changedLines(whole: Buffer, random: Random): Buffer {
  let lines = Buffer.from(whole);
  for (let times = random.below(6); times >= 0; times -= 1) {
    lines[random.below(lines.length)] = random.once(2) ? random.below(6) : random.byte();
  }
  const length = random.below(8);
  if (length === 0) lines = lines.subarray(0, random.below(lines.length));
  if (length === 1) lines = Buffer.concat([lines, bytes(random.below(200), random)]);
  const level = random.pick([0, 1, 6, 9]);
  return deflateSync(lines, { level, windowBits: 9 + random.below(7), strategy: random.below(5) });
}

function changedBody(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length);
  return replaced(body, at, random.below(4), bytes(random.below(4), random));
}

function chunksOf(file: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = PNG_SIGNATURE.length; at + 8 <= file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    chunks.push({ kind: file.toString('latin1', at + 4, at + 8), body: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function join(chunks: readonly Chunk[], random: Random): Buffer {
  const parts: Buffer[] = [PNG_SIGNATURE];
  const wrong = random.once(20) ? random.below(chunks.length) : -1;
  chunks.forEach(({ kind, body }, place) => {
    const [head, , checksum] = pngChunk(kind, body);
    if (place === wrong && random.once(2)) head.writeUInt32BE(random.next());
    if (place === wrong) checksum.writeUInt32BE(random.next());
    parts.push(head, body, checksum);
  });
  return Buffer.concat(parts);
}
