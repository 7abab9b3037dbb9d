import { expect, test } from 'vitest';
import { tensorRecipeSchema } from '../../../src/contract/tensor-schema.ts';
import { parse } from '../../../src/parse.ts';

const read = (input: unknown) => parse(tensorRecipeSchema, input, 'the recipe');

test('what is not said is as torchvision has it', () => {
  expect(read({ resize: { shorter: 256 } })).toEqual({
    resize: { shorter: 256 },
    filter: 'bilinear',
    layout: 'nchw',
    type: 'float32',
  });
});

test('a crop may be as large as what every image is resized to, and no larger', () => {
  const crop = (width: number, height: number) => ({ crop: { width, height } });
  expect(read({ resize: { shorter: 224 }, ...crop(224, 224) })).toMatchObject(crop(224, 224));
  const message = 'Expected no side longer than what `resize` makes of every image for `crop`';
  expect(() => read({ resize: { shorter: 223 }, ...crop(224, 100) })).toThrow(message);
  expect(() => read({ resize: { width: 300, height: 200 }, ...crop(300, 201) })).toThrow(message);
});

test.each([
  [{}, 'for `resize` but received nothing'],
  [{ resize: { shorter: 0 } }, 'number of at least 1 for `resize.shorter` but received 0'],
  [{ resize: { shorter: 5000 } }, 'number of at most 4096 for `resize.shorter` but received 5000'],
  [{ resize: 5 }, '`{"shorter":…}` or `{"width":…,"height":…}`, integers of 1 to 4096, for `resize`'],
  [{ resize: { width: 3 } }, 'integers of 1 to 4096'],
  [
    { resize: { shorter: 2 }, filter: 'area' },
    'one of "nearest", "box", "bilinear", "bicubic", "lanczos" for `filter`',
  ],
  [{ resize: { shorter: 2 }, std: [1, 0, 1] }, 'for `std.1` but received 0'],
  [{ resize: { shorter: 2 }, type: 'uint8', mean: [0, 0, 0] }, 'nothing unless `type` is float32 for `mean`'],
  [{ resize: { shorter: 2 }, type: 'uint8', std: [1, 1, 1] }, 'nothing unless `type` is float32 for `std`'],
  [{ resize: { shorter: 2 }, size: 3 }, 'no field `size`'],
])('%j is refused in words', (input, message) => {
  expect(() => read(input)).toThrow(message);
});
