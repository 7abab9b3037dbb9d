import type { LoadedEmbedder } from '../../models/load-embedder.ts';
import { recipeInOrder } from '../image-model.ts';
import type { Embedder } from './embedder-file.ts';

/** Under which the metadata of a file say which model its embeddings are of, where it was cut, and what it was fed with. */
export const ABOUT = { model: 'fanfleet.model', layer: 'fanfleet.layer', tensor: 'fanfleet.tensor' } as const;

/** What the metadata of a file of embeddings say of their model: the same text wherever they were made. */
export function aboutOf({ sha256, layer, recipe, bgr }: Embedder): Record<string, string> {
  return {
    [ABOUT.model]: sha256,
    [ABOUT.layer]: layer,
    [ABOUT.tensor]: JSON.stringify({ ...recipeInOrder(recipe), channels: bgr ? 'bgr' : 'rgb' }),
  };
}

/** What has to be known of a model that was read. */
export function embedderOf({ tensor, channels, file: _, ...loaded }: LoadedEmbedder): Embedder {
  return { ...loaded, recipe: tensor, bgr: channels === 'bgr' };
}
