import type { TensorRecipe } from '../contract/tensor.ts';
import { invalidInput } from '../invalid-input.ts';
import { checkedInput } from './classifier.ts';
import { readDescription } from './description/description.ts';
import { fitTensor } from './fit.ts';
import { beside, expected, type ModelFiles, readText } from './load-model.ts';
import { cutModel } from './onnx/cut-model.ts';
import { graphProblems } from './onnx/graph-problems.ts';
import type { DescribedTensor } from './tensor-description.ts';

/** Of a model, the paths or keys, and where it is cut. */
export interface EmbedderPaths {
  readonly model: string;
  /** @default beside the model, with the suffix `.json` */
  readonly description?: string | undefined;
  /** The name of the value that is the embedding. */
  readonly layer: string;
}

/** A model that gives embeddings of images, and how their tensors are made. */
export interface LoadedEmbedder {
  /** Of the whole model, before it was cut. */
  readonly sha256: string;
  /** The ONNX file, cut at the layer. */
  readonly file: Buffer;
  readonly tensor: TensorRecipe;
  readonly channels: DescribedTensor['channels'];
  /** Names in the graph. */
  readonly input: string;
  readonly output: string;
  readonly batch: 'any' | 1;
  /** The value at which it was cut. */
  readonly layer: string;
  /** Numbers of an embedding. */
  readonly length: number;
}

/**
 * Read a model and how its tensors are made, check that it gives the same embedding of an image whatever its batch, and cut it at the layer.
 *
 * @throws FanfleetError `INVALID_INPUT` where one is not there, is not valid or does not fit; what `stream` throws otherwise
 */
export async function loadEmbedder(
  files: ModelFiles,
  { model, layer, description = beside(model, '.json') }: EmbedderPaths,
): Promise<LoadedEmbedder> {
  const cut = await expected('an ONNX model', model, cutModel(files.stream(model), model, layer));
  const problems = graphProblems(cut.source.model);
  const found = checkedInput(cut.source.model.graph, problems);
  if (found === null || problems.length > 0) throw invalidInput(model, problems);
  const { batch, ...input } = found;
  const said = await expected(
    'a JSON that says how the tensors of the model are made',
    description,
    readText(files, description),
  );
  const described = readDescription(said, description);
  const { source, output } = cut;
  const tensor = fitTensor({ input }, described, description);
  const file = Buffer.concat(await Array.fromAsync(cut.write(files.stream(model))));
  return {
    ...{ sha256: source.sha256, layer, file, tensor, channels: described.channels },
    ...{ input: input.name, output, batch, length: cut.layer.shape[0] ?? 0 },
  };
}
