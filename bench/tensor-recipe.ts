import type { TensorRecipe } from '../src/contract/tensor.ts';

/** What most classifiers of ImageNet take; bench/contenders/tensor_recipe.py has the same. */
export const RECIPE: TensorRecipe = {
  resize: { shorter: 256 },
  filter: 'bilinear',
  crop: { width: 224, height: 224 },
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  layout: 'nchw',
  type: 'float32',
};

/** Images that a model is given at once. */
export const BATCH = 32;
