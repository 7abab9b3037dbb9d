import type { NormalisedFormat } from '../contract/normalisation.ts';
import type { MeasuredRow, Row } from '../contract/row.ts';
import type { Kernel, Normalised, Prepared } from '../kernel/kernel.ts';
import type { ProblemLog } from './problems.ts';

/** A file of a whole batch beside its rows, in a folder of the arm that has one of each batch. */
export interface BatchFile {
  readonly folder: string;
  /** JSON as text, or bytes of another form: the same from every program. */
  readonly body: string | Buffer;
}

/**
 * Files that every worker needs, by name. A file that a process needs again is the same object, by which a runner can keep
 * what it made of it.
 */
export type Inputs = ReadonlyMap<string, Buffer>;

/** How a worker does the batches of a workload. */
export interface Runner {
  /** What is written as a file of each image; images whose files could have no key are refused. */
  readonly format?: NormalisedFormat;
  /** The names of the inputs that it needs. @default none */
  readonly inputs?: readonly string[];
  /**
   * @param imageBytes most bytes that one image may take; what would take more is a row with its error
   * @param inputs those that it needs
   * @param atOnce most calls of `run` at once: two for each core, so that one can wait while the other one computes
   */
  readonly begin: (
    kernel: Kernel,
    imageBytes: number,
    inputs: Inputs,
    atOnce: number,
  ) => BatchRunner | Promise<BatchRunner>;
}

/** What a stage is to know: its number, from 0, and the bytes of its state. */
export interface StageState {
  readonly number: number;
  readonly state: Buffer;
}

/** An image of a batch that is loaded: its pixels, R, G and B row by row, or why there are none. */
export interface Loaded {
  readonly rows: readonly Row[];
  /** The pixels of those that are no failed row, one after the other in their order; each of them has as many bytes. */
  readonly pixels: Uint8Array;
}

/** What a stage makes of a batch. */
export interface StageDone {
  readonly rows: readonly Row[];
  readonly files: readonly BatchFile[];
}

/**
 * How a worker does the batches of a workload with several stages. It loads a batch once, and keeps what it loaded from one
 * stage to the next as far as its memory allows: the rows and files of a stage depend on nothing but that and its state.
 */
export interface StagedRunner {
  /** The names of the inputs that it needs beside the state. @default none */
  readonly inputs?: readonly string[];
  /** The width and height that all images must have; one that differs is a row with `SIZE_DIFFERS`. */
  readonly size: (state: Buffer) => { readonly width: number; readonly height: number };
  readonly step: (loaded: Loaded, kernel: Kernel, stage: StageState, inputs: Inputs) => Promise<StageDone>;
}

/**
 * Adds up what the batches of a stage left, in the order of the manifest: exact, and the same however images are cut into
 * batches.
 */
export interface Reducer {
  /** The folder of the stage that has the files. */
  readonly folder: string;
  /** @throws FanfleetError `OUTCOME_DAMAGED` where a file is not what a worker writes */
  add(file: Buffer): void;
  /** The same bytes from every program. */
  finish(): { readonly outcome: string; readonly isLast: boolean };
}

/** What is done with the images of one batch; made anew for each, since it may add up over them. */
export interface BatchRunner {
  /** Read the header of an image. What cannot be done is refused here, before memory is asked for it. */
  readonly prepare: (input: Buffer, key: string) => Prepared;
  /** Bytes that an image takes beside its input, its file included. */
  readonly workingBytes: (prepared: Prepared) => number;
  /** Whether `run` is quicker with many small images at a time than with one. */
  readonly isGrouped: boolean;
  /** So many images together, of whatever size, as far as memory allows. @default many small ones, or a single other one */
  readonly groupImages?: number;
  /** Do images together, in their order; like kernels it never rejects because of an image. */
  readonly run: (images: readonly Prepared[]) => Promise<readonly Normalised[]>;
  /** So many images a model can have at a time, where memory did not suffice for as many as it was to have. @default it has no model */
  readonly modelBatch?: () => number | undefined;
  /**
   * The files of the batch, after all of its images were done.
   *
   * @param images how many could be done
   * @param keys of these, in the order of the rows
   */
  readonly batchFiles: (batch: number, images: number, keys: readonly string[]) => readonly BatchFile[];
}

/** A line of a result file: a row that can be used, or why it cannot and whose it is as far as one can tell. */
export type CheckedRow<R extends object = Row> =
  | { readonly row: R; readonly problem?: never }
  | {
      readonly row?: never;
      readonly problem: 'ROW_MALFORMED' | 'ROW_INCONSISTENT';
      readonly key: string | null;
      readonly why: string;
    };

/** A file of a batch; null where it should be there and is not. */
export interface AnswerFile {
  readonly folder: string;
  readonly body: Buffer | null;
}

/**
 * Checks the rows of an arm and adds them up: batch after batch, in the order of the manifest. What it gives does not
 * depend on how the images were cut into batches.
 */
export interface Answer<A> {
  /** Folders of the arm that must have a file of each batch. */
  readonly folders: readonly string[];
  /** About how many bytes the files of a batch of so many items have together, so that not too many are held. @default few */
  fileBytes?(items: number): number;
  /** Only of a workload with several stages: what each of them came to, in their order, before the rows of the last one. */
  addOutcome?(outcome: Buffer): void;
  /** One line: each must be exactly what its worker writes, whatever wrote it. */
  check(text: string): CheckedRow;
  /** A sound row of an image that could be done. */
  add(row: MeasuredRow): void;
  /** The batch whose rows were added last, with its files. */
  endBatch(batch: number, files: readonly AnswerFile[], log: Pick<ProblemLog, 'add'>): void;
  /** @param log told of what the rows and the outcomes say of each other that cannot be */
  finish(log: Pick<ProblemLog, 'add'>): A;
}
