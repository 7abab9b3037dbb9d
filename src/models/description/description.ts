import { isObject } from '../../fields.ts';
import { invalidInput } from '../../invalid-input.ts';
import { parse } from '../../parse.ts';
import { readJson } from '../read-json.ts';
import { type DescribedTensor, tensorSchema } from '../tensor-description.ts';
import { fromTimm } from './timm.ts';
import { fromTorchvision } from './torchvision.ts';

/** Fields by which a form is told from the others. */
const TORCHVISION = ['crop_size', 'resize_size'];
const TIMM = ['input_size', 'crop_pct'];
const HUGGING_FACE = ['image_processor_type', 'feature_extractor_type', 'do_resize', 'do_normalize'];
/** Where timm's `config.json`, and its models, have theirs. */
const TIMM_WITHIN = ['pretrained_cfg', 'default_cfg'];

/**
 * Read how the tensors of a model are made: in fanfleet's own form, which has the fields of the tensor, or as torchvision or timm have it.
 *
 * @param text JSON
 * @param where the file, for errors
 * @throws FanfleetError `INVALID_INPUT` that lists every problem
 */
export function readDescription(text: string, where: string): DescribedTensor {
  const value = readJson(text, where);
  return parse(tensorSchema, isObject(value) ? fieldsOf(value, where) : value, where);
}

function fieldsOf(value: Readonly<Record<string, unknown>>, where: string): unknown {
  const hasAny = (names: readonly string[]) => names.some((name) => name in value);
  const within = TIMM_WITHIN.find((name) => isObject(value[name]));
  if (within !== undefined) return fromTimm(value[within], `${where}, \`${within}\`,`);
  if (hasAny(HUGGING_FACE)) throw invalidInput(where, [PREPROCESSOR]);
  if (hasAny(TORCHVISION)) return fromTorchvision(value, where);
  return hasAny(TIMM) ? fromTimm(value, where) : value;
}

const PREPROCESSOR =
  'Expected the fields of a tensor, of torchvision or of timm but found those of a preprocessor of Hugging Face, which is not supported: write `resize`, `filter`, `crop`, `mean` and `std` instead.';
