import { fromStart, type KnownNode, type Length, type Shape, sizeOf } from './known-shapes.ts';

type Rule = (node: KnownNode) => Shape | undefined;

/** What comes out has the shape of what goes in. */
const same: Rule = (node) => node.shape(0);

const broadcast: Rule = (node) => {
  let shape = node.shape(0);
  for (let input = 1; input < node.inputs; input += 1) {
    const other = node.shape(input);
    if (shape === undefined || other === undefined) return undefined;
    shape = broadcastTo(shape, other);
  }
  return shape;
};

const convolution: Rule = (node) => {
  const [shape, weights] = [node.shape(0), node.shape(1)];
  const [outputs, , ...kernel] = weights ?? [];
  if (shape === undefined || outputs === undefined) return undefined;
  return [shape[0] ?? null, outputs, ...slid(node, shape.slice(2), kernel)];
};

const pooling: Rule = (node) => {
  const shape = node.shape(0);
  const kernel = node.list('kernel_shape');
  if (shape === undefined || kernel === undefined) return undefined;
  return [...shape.slice(0, 2), ...slid(node, shape.slice(2), kernel)];
};

const pooledToOne: Rule = (node) => node.shape(0)?.map((length, axis) => (axis < 2 ? length : 1));

const reduced: Rule = (node) => {
  const shape = node.shape(0);
  const axes = node.axes(1);
  if (shape === undefined || axes === undefined) return undefined;
  const gone = new Set(axes.map((axis) => fromStart(axis, shape.length)));
  return node.integer('keepdims', 1) === 1
    ? shape.map((length, axis) => (gone.has(axis) ? 1 : length))
    : shape.filter((_, axis) => !gone.has(axis));
};

/** By the operator, the shape of its first output. What is not here has a shape that is not known, and so has all that depends on it. */
export const SHAPES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...[
        'Relu',
        'LeakyRelu',
        'PRelu',
        'Elu',
        'Selu',
        'Celu',
        'Gelu',
        'Swish',
        'Mish',
        'Softplus',
        'Softsign',
      ],
      ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Erf', 'Clip', 'ThresholdedRelu'],
      ...['Abs', 'Neg', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Softmax', 'LogSoftmax'],
      ...['BatchNormalization', 'InstanceNormalization', 'LayerNormalization', 'GroupNormalization'],
      ...['LpNormalization', 'LRN', 'Identity', 'Dropout', 'Cast', 'QuantizeLinear', 'DequantizeLinear'],
    ].map((name) => [name, same]),
  ),
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum'].map((name) => [name, broadcast]),
  ),
  Conv: convolution,
  MaxPool: pooling,
  AveragePool: pooling,
  GlobalAveragePool: pooledToOne,
  GlobalMaxPool: pooledToOne,
  ReduceMean: reduced,
  ReduceMax: reduced,
  ReduceSum: reduced,
  Constant: (node) => node.tensor('value')?.dims.map(Number),
  Flatten: (node) => {
    const shape = node.shape(0);
    if (shape === undefined) return undefined;
    const axis = fromStart(node.integer('axis', 1), shape.length);
    return [product(shape.slice(0, axis)), product(shape.slice(axis))];
  },
  Gemm: (node) => {
    const [a, b] = [node.shape(0), node.shape(1)];
    if (a === undefined || b === undefined) return undefined;
    return [a[node.integer('transA', 0)] ?? null, b[1 - node.integer('transB', 0)] ?? null];
  },
  MatMul: (node) => {
    const [a, b] = [node.shape(0), node.shape(1)];
    if (a === undefined || b === undefined || a.length < 2 || b.length < 2) return undefined;
    return [...broadcastTo(a.slice(0, -2), b.slice(0, -2)), ...[a.at(-2) ?? null, b.at(-1) ?? null]];
  },
  Concat: (node) => {
    const shapes = Array.from({ length: node.inputs }, (_, input) => node.shape(input));
    const [first] = shapes;
    if (first === undefined || !shapes.every((shape) => shape !== undefined)) return undefined;
    const axis = fromStart(node.integer('axis', 0), first.length);
    return first.map((length, at) => (at === axis ? sum(shapes.map((shape) => shape[at] ?? null)) : length));
  },
  Transpose: (node) => {
    const shape = node.shape(0);
    const order = node.list('perm') ?? shape?.map((_, axis) => shape.length - 1 - axis);
    return shape && order?.map((axis) => shape[axis] ?? null);
  },
  Reshape: (node) => {
    const [shape, wanted] = [node.shape(0), node.integers(1)];
    return shape && wanted && reshaped(shape, wanted);
  },
  Squeeze: (node) => {
    const shape = node.shape(0);
    const axes = node.axes(1);
    const gone = new Set(axes?.map((axis) => fromStart(axis, shape?.length ?? 0)));
    return axes && shape?.filter((_, axis) => !gone.has(axis));
  },
  Unsqueeze: (node) => {
    const shape = node.shape(0);
    const axes = node.axes(1);
    if (shape === undefined || axes === undefined) return undefined;
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => fromStart(axis, rank)));
    const rest = shape.values();
    return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.next().value ?? null)));
  },
  Gather: (node) => {
    const [shape, at] = [node.shape(0), node.shape(1)];
    if (shape === undefined || at === undefined) return undefined;
    const axis = fromStart(node.integer('axis', 0), shape.length);
    return [...shape.slice(0, axis), ...at, ...shape.slice(axis + 1)];
  },
};

function broadcastTo(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, at) => {
    const [one, other] = [a.at(at - rank) ?? null, b.at(at - rank) ?? null];
    if (at < rank - a.length || one === 1) return other;
    return at < rank - b.length || other === 1 || one === other ? one : null;
  });
}

/** Of a kernel that slides over dimensions: how often it fits. */
function slid(node: KnownNode, lengths: Shape, kernel: Shape): Length[] {
  const strides = node.list('strides');
  const dilations = node.list('dilations');
  const pads = node.list('pads');
  const isPadded = /^SAME_/.test(node.text('auto_pad'));
  const round = node.integer('ceil_mode', 0) === 1 ? Math.ceil : Math.floor;
  return lengths.map((length, axis) => {
    const size = kernel[axis];
    if (typeof length !== 'number' || typeof size !== 'number') return null;
    const stride = strides?.[axis] ?? 1;
    if (isPadded) return Math.ceil(length / stride);
    const padded = length + (pads?.[axis] ?? 0) + (pads?.[axis + lengths.length] ?? 0);
    return round((padded - (dilations?.[axis] ?? 1) * (size - 1) - 1) / stride) + 1;
  });
}

/** 0 keeps a dimension, and -1 takes what is left. */
function reshaped(shape: Shape, wanted: Shape): Shape {
  const lengths = wanted.map((length, axis) => (length === 0 ? (shape[axis] ?? null) : length));
  const open = lengths.indexOf(-1);
  if (open < 0) return lengths;
  const [own, others] = [countOf(shape), countOf(lengths.filter((_, axis) => axis !== open))];
  return lengths.with(open, own && others && quotient(own, others));
}

/** Elements of a shape: so many, times the number of images or not. */
interface Count {
  readonly each: number;
  readonly isOfBatch: boolean;
}

function countOf(shape: Shape): Count | null {
  const images = shape.filter((length) => length === 'N').length;
  const each = sizeOf(shape.filter((length) => length !== 'N'));
  return each === null || images > 1 ? null : { each, isOfBatch: images === 1 };
}

function quotient(a: Count, b: Count): Length {
  const each = a.each / b.each;
  if (!Number.isInteger(each) || (b.isOfBatch && !a.isOfBatch)) return null;
  if (a.isOfBatch === b.isOfBatch) return each;
  return each === 1 ? 'N' : null;
}

function product(shape: Shape): Length {
  const count = countOf(shape);
  return count && quotient(count, { each: 1, isOfBatch: false });
}

function sum(lengths: Shape): Length {
  return lengths.reduce((total, length) =>
    typeof total === 'number' && typeof length === 'number' ? total + length : null,
  );
}
