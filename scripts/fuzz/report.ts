import type { ImageErrorCode } from '../../src/contract/row.ts';

/** In the place of an addon: the portable kernel. */
export const WASM = 'wasm';

/** What a process of the fuzzer is to do. */
export type Task = {
  /** Of the corpus. */
  readonly folder: string;
  readonly seed: number;
  /** Numbers of the inputs: from the first up to, not with, the second. */
  readonly from: number;
  readonly to: number;
  /** Inputs that are measured in one call. */
  readonly atOnce: number;
  /** One input in so many is normalised as well; of as many, others, a tensor is made. */
  readonly normaliseEvery: number;
  /** One input in so many also goes through the kernel of sharp, and must give the same. */
  readonly compareEvery: number;
  /** The native kernel's addon; or `WASM`, the same as WebAssembly. */
  readonly addon: string;
};

/** An input that shows something wrong. */
export type Finding = {
  readonly kind: 'crash' | 'hang' | 'rejection' | 'difference' | 'leak';
  readonly number: number;
  readonly detail: string;
};

/** What became of the inputs. */
export type Counts = {
  /** Those that got past the readers of headers. */
  readonly decoded: number;
  readonly measured: number;
  readonly normalised: number;
  readonly tensors: number;
  readonly compared: number;
  readonly refused: Readonly<Partial<Record<ImageErrorCode, number>>>;
};

/** A line that a process writes: at a finding, before each call what became of the inputs before it, and at the end. */
export type Line =
  | { readonly at: number; readonly counts: Counts; readonly rssBytes?: number }
  | { readonly finding: Finding };
