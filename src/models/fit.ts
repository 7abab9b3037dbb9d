import type { TensorRecipe } from '../contract/tensor.ts';
import { tensorRecipeSchema } from '../contract/tensor-schema.ts';
import { FanfleetError } from '../errors.ts';
import { invalidInput } from '../invalid-input.ts';
import { parse } from '../parse.ts';
import type { Classifier } from './classifier.ts';
import { numberedLabels } from './labels.ts';
import { constantsOf, type DescribedTensor, tensorSize } from './tensor-description.ts';

/**
 * The tensor that is described, as the model takes it: layout and type that the description leaves open are the model's.
 *
 * @param where the description, for errors
 * @throws FanfleetError `INVALID_INPUT` where the model takes other tensors, that lists every problem
 */
export function fitTensor(
  { input }: Pick<Classifier, 'input'>,
  described: DescribedTensor,
  where: string,
): TensorRecipe {
  const problems: string[] = [];
  const layout = described.layout ?? input.layout;
  if (layout === null) {
    problems.push('Expected `layout`, "nchw" or "nhwc", since the model does not tell it, but found none.');
  } else if (input.layout !== null && layout !== input.layout) {
    problems.push(`Expected "${input.layout}" for \`layout\`, as the model has it, but found "${layout}".`);
  }
  const type = described.type ?? input.type;
  if (type !== input.type) {
    problems.push(`Expected "${input.type}" for \`type\`, as the model has it, but found "${type}".`);
  }
  for (const name of ['mean', 'std'] as const) {
    if (type === 'float32' && described[name] === null) {
      problems.push(
        `Expected \`${name}\` of the three channels, since the tensor is float32, but found none.`,
      );
    }
    if (type === 'uint8' && described[name] !== null) {
      problems.push(
        `Expected no \`${name}\`, since the model takes the pixels as they are (uint8): remove it.`,
      );
    }
  }
  const { resize, filter, crop, mean, std } = described;
  const size = tensorSize(described);
  if (size === null) {
    problems.push('Expected `crop`, since all tensors have one size, but found none.');
  } else {
    const [width, height] = [input.width ?? size.width, input.height ?? size.height];
    if (size.width !== width || size.height !== height) {
      const found = `${size.width} x ${size.height} by \`${crop === null ? 'resize' : 'crop'}\``;
      problems.push(
        `Expected images of ${width} x ${height} pixels, as the model has them, but found ${found}.`,
      );
    }
  }
  if (problems.length > 0 || layout === null) throw invalidInput(where, problems);
  const recipe: TensorRecipe = {
    ...{ resize, filter, layout, type },
    ...(crop !== null && { crop }),
    ...(mean !== null && { mean: constantsOf(mean, described) }),
    ...(std !== null && { std: constantsOf(std, described) }),
  };
  return parse(tensorRecipeSchema, recipe, where);
}

/**
 * The labels of the classes of a model: those that are given, or else the indices.
 *
 * @param labels as `readLabels` gives them; null where there are none
 * @param where the labels, or without them the model, for errors
 * @throws FanfleetError `INVALID_INPUT` where their number is not that of the classes, or neither is known
 */
export function fitLabels(
  { output }: Classifier,
  labels: readonly string[] | null,
  where: string,
): readonly string[] {
  const { classes } = output;
  if (labels === null) {
    if (classes !== null) return numberedLabels(classes);
    const message = `Expected the number of classes in the output of ${where} but it is free: give the labels.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  if (classes === null || classes === labels.length) return labels;
  throw invalidInput(where, [
    `Expected ${classes} labels, as the model has classes, but found ${labels.length}: give those that it was trained with, in their order.`,
  ]);
}
