import { invalidInput } from '../../invalid-input.ts';
import { withFileBytes } from './file-bytes.ts';
import { readSafetensors } from './safetensors.ts';
import type { StoredTensors } from './stored-tensor.ts';
import { readTorch } from './torch-file.ts';

/**
 * The tensors of a file of weights, while `work` uses them: safetensors, or what `torch.save` makes of a state dict. Nothing in the file
 * is run, whatever is in it.
 *
 * @throws FanfleetError `INVALID_INPUT` where it is neither, or is damaged; `PATH_UNREADABLE`; what `work` throws
 */
export function withWeights<T>(path: string, work: (tensors: StoredTensors) => Promise<T>): Promise<T> {
  return withFileBytes(path, async (bytes) => {
    try {
      const beginning = bytes.read(0, 4).toString('latin1');
      if (beginning.startsWith('\x80'))
        throw invalidInput(path, [
          'Expected safetensors, or what `torch.save` writes since torch 1.6, but found an older file: `torch.save(torch.load(old), new)`.',
        ]);
      return await work(beginning === 'PK\x03\x04' ? readTorch(bytes) : readSafetensors(bytes));
    } catch (reason) {
      if (!(reason instanceof RangeError || reason instanceof SyntaxError)) throw reason;
      throw invalidInput(path, [
        `Expected safetensors, or what \`torch.save\` writes, but ${reason.message}: fetch or save it again.`,
      ]);
    }
  });
}
