/** What native/ exports as WebAssembly. Addresses and lengths are in bytes; the structures are in native/src/c_abi.rs. */
type Exports = {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: { value: number };
  readonly __indirect_function_table: { get(at: number): (argument: number) => void };
  _initialize?(): void;
  /** 0 if there is no memory. */
  fanfleet_allocate(bytes: number): number;
  fanfleet_free(address: number, bytes: number): void;
  /** The length of a file after the data of a PNG in it was joined. */
  fanfleet_join(file: number, length: number): number;
  fanfleet_measure(
    files: number,
    pieces: number,
    images: number,
    count: number,
    numbers: number,
    total: number,
    details: number,
  ): void;
  fanfleet_measure_eighth(
    files: number,
    pieces: number,
    images: number,
    count: number,
    numbers: number,
    details: number,
  ): void;
  /** Puts the pixels of all images into the output. */
  fanfleet_put_pixels(
    files: number,
    pieces: number,
    images: number,
    count: number,
    numbers: number,
    details: number,
  ): void;
  /** Whether there was room for all tensors. */
  fanfleet_tensors(
    files: number,
    pieces: number,
    images: number,
    count: number,
    settings: number,
    tensors: number,
    room: number,
    numbers: number,
    details: number,
  ): number;
  /** The state of the image. */
  fanfleet_normalise(files: number, pieces: number, request: number, made: number): bigint;
  fanfleet_release(made: number): void;
  /** 0 if the vectors are unfit. */
  fanfleet_nearest_prepare(vectors: number, count: number, length: number): number;
  fanfleet_nearest_find(
    training: number,
    queries: number,
    count: number,
    k: number,
    indices: number,
    distances: number,
  ): void;
  fanfleet_nearest_release(training: number): void;
  /** 0 if the centres are unfit. */
  fanfleet_centres_prepare(numbers: number, count: number, length: number): number;
  fanfleet_centres_assign(
    centres: number,
    vectors: number,
    count: number,
    nearest: number,
    totals: number,
  ): void;
  fanfleet_centres_release(centres: number): void;
};

/** Where a training set is, the bytes of each of its vectors, and how many the memory has grown for it. */
export type Training = { readonly address: number; readonly length: number; readonly taken: number };

/** Thrown where there is no more memory: the image is left to another kernel. */
export class OutOfMemory extends Error {}

/** One instance of the kernel, with memory of its own. After an error it must not be used any more. */
export class WasmInstance {
  readonly calls: Exports;
  /** The output that was handed over since it was last set to undefined; or one that is to be filled. */
  output: Uint8Array<ArrayBuffer> | undefined;
  /** Training sets that were prepared, by their numbers. */
  readonly trainings = new Map<number, Training>();
  #outputLength = 0;

  constructor(module: WebAssembly.Module) {
    // libjpeg leaves by a call that must not return; who guards it goes on, with the stack as it was.
    const escaped = Symbol('escape');
    const fanfleet = {
      now: () => performance.now(),
      guard: (work: number, argument: number) => {
        const { __stack_pointer: stack, __indirect_function_table: table } = this.calls;
        const place = stack.value;
        try {
          table.get(work)(argument);
          return 1;
        } catch (reason) {
          if (reason !== escaped) throw reason;
          stack.value = place;
          return 0;
        }
      },
      escape: () => {
        throw escaped;
      },
      emit: (from: number, length: number, total: number) => {
        if (this.output === undefined) {
          this.output = new Uint8Array(total);
          this.#outputLength = 0;
        }
        this.output.set(this.bytes(from, length), this.#outputLength);
        this.#outputLength += length;
      },
      put: (from: number, length: number, at: number) => {
        this.output?.set(this.bytes(from, length), at >>> 0);
      },
    };
    // The C library asks for an environment and for a place for error messages; there are none.
    const wasi_snapshot_preview1 = {
      environ_sizes_get: (count: number, bytes: number) => {
        new Uint32Array(this.calls.memory.buffer, count, 1).set([0]);
        new Uint32Array(this.calls.memory.buffer, bytes, 1).set([0]);
        return 0;
      },
      environ_get: () => 0,
      fd_close: () => BAD_FILE,
      fd_seek: () => BAD_FILE,
      fd_write: () => BAD_FILE,
      proc_exit: (code: number) => {
        throw new WebAssembly.RuntimeError(`exit ${code}`);
      },
    };
    this.calls = new WebAssembly.Instance(module, { fanfleet, wasi_snapshot_preview1 }).exports as Exports;
    this.calls._initialize?.();
  }

  /** Bytes of its memory, which only grows. */
  get size(): number {
    return this.calls.memory.buffer.byteLength;
  }

  /** @throws OutOfMemory */
  allocate(bytes: number): number {
    // A larger number would become another one.
    const address = bytes < 2 ** 32 ? this.calls.fanfleet_allocate(bytes) >>> 0 : 0;
    if (address === 0) throw new OutOfMemory();
    return address;
  }

  /** A view that is of no use any more after the next call. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.calls.memory.buffer, address >>> 0, length);
  }

  view(address: number, length: number): DataView {
    return new DataView(this.calls.memory.buffer, address, length);
  }

  /** The words behind an address, up to a zero. */
  text(address: number, most: number): string {
    const bytes = this.bytes(address, most);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}

/** WASI's EBADF. */
const BAD_FILE = 8;
