import type { NodeProto, TensorProto } from './onnx_pb.js';

/** The length of a dimension: `N` where it is the number of images of the batch, null where it is not known. */
export type Length = number | 'N' | null;

export type Shape = readonly Length[];

/** What is known of the values of a graph before it runs, by their names. */
export interface Known {
  readonly shapes: Map<string, Shape>;
  /** Of values that are short lists of integers, such as those that `Reshape` takes, what is in them. */
  readonly integers: Map<string, Shape>;
}

/** A node with what is known of what it takes. */
export class KnownNode {
  readonly #node: NodeProto;
  readonly #known: Known;

  constructor(node: NodeProto, known: Known) {
    this.#node = node;
    this.#known = known;
  }

  get inputs(): number {
    return this.#node.input.length;
  }

  shape(input: number): Shape | undefined {
    return this.#known.shapes.get(this.#node.input[input] ?? '');
  }

  integers(input: number): Shape | undefined {
    return this.#known.integers.get(this.#node.input[input] ?? '');
  }

  integer(name: string, otherwise: number): number {
    const { i } = this.#attribute(name) ?? {};
    return i === undefined ? otherwise : Number(i);
  }

  list(name: string): readonly number[] | undefined {
    const found = this.#attribute(name);
    return found?.ints.length ? found.ints.map(Number) : undefined;
  }

  text(name: string): string {
    return Buffer.from(this.#attribute(name)?.s ?? []).toString('utf8');
  }

  tensor(name: string): TensorProto | undefined {
    return this.#attribute(name)?.t;
  }

  /** Axes, which older operator sets have as an attribute, and newer ones as an input; undefined where they are not told. */
  axes(input: number): readonly number[] | undefined {
    const given = this.list('axes') ?? this.integers(input);
    return given?.every((axis) => typeof axis === 'number') ? (given as number[]) : undefined;
  }

  #attribute(wanted: string) {
    return this.#node.attribute.find(({ name }) => name === wanted);
  }
}

/** How many elements; null where a dimension is not a number. */
export function sizeOf(shape: Shape): number | null {
  return shape.reduce<number | null>(
    (product, length) => (product === null || typeof length !== 'number' ? null : product * length),
    1,
  );
}

/** From the beginning, where it is told from the end. */
export function fromStart(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
