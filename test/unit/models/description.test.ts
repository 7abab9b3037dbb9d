import { describe, expect, it } from 'vitest';
import { readDescription } from '../../../src/models/description/description.ts';

const read = (value: unknown) => readDescription(JSON.stringify(value), 'm.json');
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const OPEN = { channels: 'rgb', range: 1, layout: null, type: null };
const square = (side: number) => ({ width: side, height: side });

describe("fanfleet's own description", () => {
  const own = { resize: { shorter: 256 }, filter: 'bilinear', ...IMAGENET };

  it('has the fields of a tensor, of which some have a default', () => {
    expect(read(own)).toEqual({ ...own, ...OPEN, crop: null });
    const whole = {
      ...{ resize: { width: 256, height: 250 }, filter: 'lanczos', crop: square(224) },
      ...{ channels: 'bgr', range: 255, mean: [104, 117, 123], std: [1, 1, 1] },
      ...{ layout: 'nhwc', type: 'float32' },
    };
    expect(read(whole)).toEqual(whole);
  });

  it.each([
    [[own], 'Expected object'],
    [{}, 'for `resize`'],
    [
      { ...own, resize: 256 },
      'Expected {"shorter": pixels} or {"width": pixels, "height": pixels} of 1 to 4096',
    ],
    [{ ...own, filter: 'hamming' }, '"lanczos" for `filter` but received "hamming"'],
    [
      { ...own, resize: { shorter: 5000 } },
      'Expected number of at most 4096 for `resize.shorter` but received 5000',
    ],
    [{ ...own, std: [1, 1, 0] }, 'for `std.2` but received 0'],
    [{ ...own, mean: [0.5] }, 'for `mean'],
    [{ ...own, range: 2 }, 'for `range`'],
    [{ ...own, pad: 1 }, 'Expected no field `pad`'],
  ])('is not %j', (value, words) => {
    expect(() => read(value)).toThrow(/^\[INVALID_INPUT\] m\.json is not valid\./);
    expect(() => read(value)).toThrow(words);
  });

  it('is JSON', () => {
    expect(() => readDescription('resize: 256', 'm.json')).toThrow('m.json is not valid. Expected JSON');
  });
});

describe('a description of torchvision', () => {
  it('is that of ImageClassification, with its defaults', () => {
    // ResNet50_Weights.IMAGENET1K_V2.transforms()
    const preset = { crop_size: [224], resize_size: [232], ...IMAGENET, interpolation: 'bilinear' };
    const tensor = { ...OPEN, ...IMAGENET, filter: 'bilinear', crop: square(224) };
    expect(read(preset)).toEqual({ ...tensor, resize: { shorter: 232 } });
    expect(read({ crop_size: 224 })).toEqual({ ...tensor, resize: { shorter: 256 } });
  });

  it('may have height and width, in this order', () => {
    expect(read({ crop_size: [200, 300], resize_size: [220, 330], antialias: true })).toMatchObject({
      resize: { width: 330, height: 220 },
      crop: { width: 300, height: 200 },
    });
  });

  it.each([
    [{ resize_size: 256 }, 'for `crop_size` but received nothing'],
    [{ crop_size: [1, 2, 3] }, 'a number of pixels, alone or in a list, or [height, width] for `crop_size`'],
    [{ crop_size: 224, antialias: false }, 'for `antialias` but received false'],
    [{ crop_size: 224, interpolation: 'area' }, 'for `interpolation` but received "area"'],
    [{ crop_size: 224, hflip: 0.5 }, 'Expected no field `hflip`'],
  ])('is not %j', (value, words) => {
    expect(() => read(value)).toThrow(words);
  });
});

describe('a description of timm', () => {
  // From the cfg of resnet50.a1_in1k.
  const cfg = {
    ...{ url: 'https://…', num_classes: 1000, input_size: [3, 224, 224], pool_size: [7, 7] },
    ...{ crop_pct: 0.95, interpolation: 'bicubic', ...IMAGENET, first_conv: 'conv1', classifier: 'fc' },
    ...{ test_input_size: [3, 288, 288], test_crop_pct: 1.0, fixed_input_size: false },
  };
  const tensor = {
    ...{ ...OPEN, ...IMAGENET, filter: 'bicubic', crop: square(224) },
    // floor(224 / 0.95)
    resize: { shorter: 235 },
  };

  it('is its cfg, alone or within its config.json', () => {
    expect(read(cfg)).toEqual(tensor);
    expect(read({ architecture: 'resnet50', num_classes: 1000, pretrained_cfg: cfg })).toEqual(tensor);
    expect(read({ default_cfg: { ...cfg, crop_mode: 'center' } })).toEqual(tensor);
  });

  it('has the defaults of timm', () => {
    const empty = { interpolation: '', crop_pct: null, crop_mode: '', mean: null };
    for (const value of [{ input_size: [3, 224, 224] }, { input_size: [3, 224, 224], ...empty }]) {
      expect(read(value)).toEqual({ ...tensor, resize: { shorter: 256 } });
    }
  });

  it.each([
    [224, 0.875, 256],
    [224, 0.9, 248],
    [384, 1, 384],
    [299, 0.875, 341],
    [448, 0.96, 466],
  ])('has the shorter side %d / %d floored: %d', (side, pct, shorter) => {
    const value = read({ ...cfg, input_size: [3, side, side], crop_pct: pct });
    expect(value).toMatchObject({ resize: { shorter }, crop: square(side) });
  });

  it('has both sides with squash', () => {
    const squash = { ...cfg, crop_mode: 'squash', input_size: [3, 192, 256], crop_pct: 1 };
    expect(read(squash)).toMatchObject({
      resize: { width: 256, height: 192 },
      crop: { width: 256, height: 192 },
    });
  });

  it.each([
    [
      { ...cfg, crop_mode: 'border' },
      '("border", which pads images, is not supported) for `crop_mode` but received "border"',
    ],
    [{ ...cfg, input_size: [1, 28, 28] }, 'Expected 3 channels for `input_size.0` but received 1'],
    [{ ...cfg, input_size: 224 }, 'Expected [3, height, width] for `input_size` but received 224'],
    [{ ...cfg, input_size: [3, 192, 256] }, 'a height that is the width, unless `crop_mode` is "squash"'],
    [
      { ...cfg, interpolation: 'random' },
      'Expected one of nearest, box, bilinear, bicubic, lanczos for `interpolation` but received "random"',
    ],
    [{ ...cfg, crop_pct: 1.1 }, 'for `crop_pct`'],
    [{ crop_pct: 0.9 }, 'for `input_size`'],
    [{ pretrained_cfg: { input_size: [3, 0, 0] } }, 'm.json, `pretrained_cfg`, is not valid'],
  ])('is not %j', (value, words) => {
    expect(() => read(value)).toThrow(words);
  });
});

it('a preprocessor of Hugging Face is refused by its name', () => {
  const preprocessor = {
    do_resize: true,
    size: { shortest_edge: 224 },
    image_processor_type: 'ViTImageProcessor',
  };
  expect(() => read(preprocessor)).toThrow('those of a preprocessor of Hugging Face, which is not supported');
});
