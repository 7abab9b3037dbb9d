import { mutateBytes } from './bytes.ts';
import { type Corpus, pickSample } from './corpus.ts';
import { mutateJpeg } from './jpeg.ts';
import { mutatePng } from './png.ts';
import { Random } from './random.ts';

/** A fuzzed file, and the sample that it was made from. */
export type Input = { readonly number: number; readonly from: string; readonly data: Buffer };

/** The input with a number: the same for the same corpus, seed and number. */
export function makeInput(corpus: Corpus, seed: number, number: number): Input {
  const random = new Random(seed, number);
  const { name, data: whole, lines } = pickSample(corpus, random);
  let data = whole;
  // Several changes at once hide behind the first that stops a decoder; one is the most frequent.
  const changes = 1 + (random.once(3) ? random.below(6) : 0);
  for (let change = 0; change < changes; change += 1) {
    const structured = !random.once(4);
    if (structured && data[0] === 0xff && data[1] === 0xd8) data = mutateJpeg(data, random);
    else if (structured && data[0] === 0x89) data = mutatePng(data, lines, random);
    else data = mutateBytes(data, random, () => pickSample(corpus, random).data);
  }
  // Memory of its own, so that a read behind its end is one behind an allocation too.
  const own = Buffer.allocUnsafeSlow(data.length);
  data.copy(own);
  return { number, from: name, data: own };
}
