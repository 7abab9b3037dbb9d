import { invalidInput } from '../../invalid-input.ts';
import { type LayerShape, type LayerValues, resnet50 } from '../named/resnet50.ts';
import { elementsOf, type StoredTensor, type StoredTensors } from './stored-tensor.ts';

/** Of PyTorch's batch normalisation unless a model says otherwise, as ResNets do not. */
const EPSILON = 1e-5;
/** Counters of batch normalisation, on which no answer depends. */
const COUNTER = '.num_batches_tracked';
/** What makes a normalisation, by its channel. */
const NORMALISATION = ['weight', 'bias', 'running_mean', 'running_var'] as const;
/** Problems that are told by their names; there may be hundreds where it is another network. */
const MOST_TOLD = 8;

/** A ResNet-50 with the weights of a file. */
export interface WeightedModel {
  readonly classes: number;
  /** Of the ONNX file; each tensor is read when its turn comes. */
  readonly chunks: Generator<Uint8Array>;
}

/**
 * The ONNX file of a ResNet-50 of torchvision or timm, which call its parameters the same, with batch normalisation folded into the
 * convolutions.
 *
 * @param path of the weights, for errors
 * @throws FanfleetError `INVALID_INPUT` that names tensors which are missing, are none of it, or have another shape or type
 */
export function resnet50Of(tensors: StoredTensors, path: string): WeightedModel {
  const classes = tensors.get('fc.weight')?.shape[0] ?? 1000;
  const wanted = new Map<string, readonly number[]>();
  const want = (name: string, shape: readonly number[]) => {
    wanted.set(name, shape);
    return name;
  };
  const chunks = resnet50(classes, (layer) => {
    const [to = 0] = layer.dims;
    if (layer.name === 'fc') {
      return plain(tensors, want('fc.weight', layer.dims), want('fc.bias', [to]));
    }
    const { convolution, normalisation } = namesOf(layer);
    want(convolution, layer.dims);
    for (const part of NORMALISATION) want(`${normalisation}.${part}`, [to]);
    return folded(tensors, convolution, normalisation);
  });
  const problems = problemsOf(tensors, wanted);
  if (problems.length > 0) {
    const more = problems.length - MOST_TOLD;
    const rest = more > 0 ? [`And ${more} more: is it a ResNet-50 of torchvision or timm?`] : [];
    throw invalidInput(path, [...problems.slice(0, MOST_TOLD), ...rest]);
  }
  return { classes, chunks };
}

/** `conv1` is normalised by `bn1`, and the shortcut is a sequence of both. */
function namesOf({ name }: LayerShape): { convolution: string; normalisation: string } {
  return name.endsWith('.downsample')
    ? { convolution: `${name}.0.weight`, normalisation: `${name}.1` }
    : { convolution: `${name}.weight`, normalisation: name.replace(/conv(\d)$/, 'bn$1') };
}

function problemsOf(tensors: StoredTensors, wanted: ReadonlyMap<string, readonly number[]>): string[] {
  const problems: string[] = [];
  for (const [name, shape] of wanted) {
    const found = tensors.get(name);
    if (found === undefined) problems.push(`Expected ${name} but it is not there.`);
    else if (found.shape.join() !== shape.join())
      problems.push(
        `Expected [${shape.join(', ')}] as the shape of ${name} but found [${found.shape.join(', ')}].`,
      );
    else if (found.type === null)
      problems.push(`Expected floating point for ${name} but it has other numbers.`);
  }
  for (const name of tensors.keys()) {
    if (!wanted.has(name) && !name.endsWith(COUNTER))
      problems.push(`Expected no ${name}, which a ResNet-50 has not.`);
  }
  return problems;
}

function plain(tensors: StoredTensors, weight: string, bias: string): LayerValues {
  return {
    weight: () => Float32Array.from(valuesOf(tensors, weight)),
    bias: () => Float32Array.from(valuesOf(tensors, bias)),
  };
}

/** (w x - mean) γ / √(var + ε) + β as one multiplication and one addition, in doubles. */
function folded(tensors: StoredTensors, convolution: string, normalisation: string): LayerValues {
  const part = (name: (typeof NORMALISATION)[number]) => valuesOf(tensors, `${normalisation}.${name}`);
  const scales = () => {
    const variances = part('running_var');
    return Float64Array.from(
      part('weight'),
      (gain, channel) => gain / Math.sqrt((variances[channel] ?? 0) + EPSILON),
    );
  };
  return {
    weight: () => {
      const [values, scale] = [valuesOf(tensors, convolution), scales()];
      const found = new Float32Array(values.length);
      const each = values.length / scale.length;
      for (let at = 0; at < found.length; at += 1) {
        found[at] = (values[at] ?? 0) * (scale[Math.floor(at / each)] ?? 0);
      }
      return found;
    },
    bias: () => {
      const [scale, means] = [scales(), part('running_mean')];
      return Float32Array.from(
        part('bias'),
        (bias, channel) => bias - (means[channel] ?? 0) * (scale[channel] ?? 0),
      );
    },
  };
}

function valuesOf(tensors: StoredTensors, name: string): Float64Array | Float32Array {
  const tensor: StoredTensor | undefined = tensors.get(name);
  const values = tensor?.values();
  if (tensor === undefined || values?.length !== elementsOf(tensor.shape))
    throw new RangeError(`the elements of ${name} are not there`);
  return values;
}
