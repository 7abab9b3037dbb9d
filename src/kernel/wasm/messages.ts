import type {
  AssignedTotals,
  MadeTensors,
  NativeAddon,
  Neighbours,
  TensorSettings,
} from '../native-addon.ts';

/** What is done with the pieces that come with it: the arguments of the addon's calls, without the bytes. */
export type Job = ImageJob | NearestJob | CentresJob;

/** Of one or many images. */
export type ImageJob =
  | {
      readonly kind: 'measure';
      readonly images: Uint32Array;
      readonly wanted: Parameters<NativeAddon['measure']>[2];
    }
  | { readonly kind: 'pixels'; readonly images: Uint32Array }
  | { readonly kind: 'tensors'; readonly images: Uint32Array; readonly settings: TensorSettings }
  | { readonly kind: 'normalise'; readonly settings: Parameters<NativeAddon['normalise']>[1] };

/** A thread keeps the training sets that it has prepared, of vectors of `length` bytes, until they are released. */
export type NearestJob =
  | { readonly kind: 'prepare-nearest'; readonly training: number; readonly length: number }
  | { readonly kind: 'find-nearest'; readonly training: number; readonly k: number };

/** Of two pieces: centres, each its count and `length` sums in 64 bits, and vectors of `length` bytes. */
export type CentresJob = { readonly kind: 'assign-to-centres'; readonly length: number };

/** What a worker starts with. */
export type WorkerData = { readonly module: WebAssembly.Module };

/**
 * Takes input to a worker, as much at a time as it holds, and goes back with the answer. It is handed over and not shared,
 * since V8 copies shared memory several times more slowly.
 */
export type Mailbox = ArrayBuffer;

/** To a worker: a job, of whose bytes the first are in the mailbox; or that more are. */
export type Given = { readonly mailbox: Mailbox; readonly filled: number } & (
  | { readonly job: Job; readonly lengths: Uint32Array }
  | { readonly job?: undefined }
);

/** Or a training set that nobody has any more. */
export type ToWorker = Given | { readonly released: number };

export type MeasureAnswer = Awaited<ReturnType<NativeAddon['measure']>>;
export type PixelsAnswer = Omit<Awaited<ReturnType<NativeAddon['pixels']>>, 'pixels'> & {
  readonly pixels: Uint8Array<ArrayBuffer>;
};
export type NormaliseAnswer = Omit<Awaited<ReturnType<NativeAddon['normalise']>>, 'output'> & {
  readonly output?: Uint8Array<ArrayBuffer>;
};
export type TensorsAnswer = Omit<MadeTensors, 'data'> & { readonly data: Uint8Array<ArrayBuffer> };
export type ImageAnswer = MeasureAnswer | PixelsAnswer | TensorsAnswer | NormaliseAnswer;
/** Nobody else could do what failed. */
export type NearestAnswer = Neighbours | 'prepared' | 'failed';
export type CentresAnswer = AssignedTotals | 'failed';
export type Answer = ImageAnswer | NearestAnswer | CentresAnswer;

/** From a worker: that the mailbox may be filled again, or what became of its job. */
export type FromWorker = { readonly mailbox: Mailbox } & (
  | { readonly answer?: undefined }
  | {
      readonly answer: Answer;
      /** Whether its memory has grown so much, or is so unsure, that it is to be ended. */
      readonly spent: boolean;
    }
);
