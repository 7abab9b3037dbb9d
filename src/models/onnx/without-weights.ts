import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ByteStream } from './byte-stream.ts';

/** A longer text or list is left out: of a graph these are names, shapes and settings of operators. */
const MOST_FIELD = 64 * 1024;
/** Raw bytes that are kept: those of shapes, and of settings that are texts. */
const FEW_BYTES = 64;
/** Below the limit of the library that reads the copy. */
const MOST_DEPTH = 90;
/** What a message takes in memory once it is read, beside its fields: even one that is empty. */
const MESSAGE_BYTES = 100;

/** Where a field stands in a stream, with its tag: bytes of it. */
export interface FieldSpan {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  /** How deep it is nested: 0 for a field of the message itself. */
  readonly depth: number;
}

/** Told of a message behind the fields in it. */
export type OnField = (span: FieldSpan) => void;

/**
 * Copy a message of Protocol Buffers from a stream that has nothing else: the fields that its descriptor has, without more than a
 * few raw bytes, in which a model has its weights. What is left out is passed over without being held.
 *
 * @param mostBytes of the copy, and of what its messages take in memory
 * @param onField told of each field of the message, and of the messages right in it, where it stands
 * @throws RangeError where the stream is no such message, ends in one, or the copy would take more
 */
export async function withoutWeights(
  stream: ByteStream,
  message: DescMessage,
  mostBytes: number,
  onField?: OnField,
): Promise<Uint8Array> {
  const writer = new BinaryWriter();
  const copy = new Copy(stream, writer, mostBytes, onField);
  while (!(await stream.ended())) await copy.field(message, Number.POSITIVE_INFINITY, 0);
  return writer.finish();
}

class Copy {
  readonly #stream: ByteStream;
  readonly #writer: BinaryWriter;
  readonly #onField: OnField | undefined;
  #left: number;

  constructor(stream: ByteStream, writer: BinaryWriter, mostBytes: number, onField: OnField | undefined) {
    this.#stream = stream;
    this.#writer = writer;
    this.#left = mostBytes;
    this.#onField = onField;
  }

  /** @param end where the message ends that the field is one of */
  async field(message: DescMessage, end: number, depth: number): Promise<void> {
    const start = this.#stream.position;
    const number = await this.#copy(message, end, depth);
    if (depth < 2) this.#onField?.({ number, start, end: this.#stream.position, depth });
  }

  /** @returns the number of the field */
  async #copy(message: DescMessage, end: number, depth: number): Promise<number> {
    const tag = numberOf(await this.#stream.varint());
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (number === 0) throw new RangeError('a field has no number');
    const field = message.fields.find((each) => each.number === number);
    if (type === WireType.LengthDelimited) {
      const length = numberOf(await this.#stream.varint());
      const fieldEnd = this.#stream.position + length;
      if (fieldEnd > end) throw new RangeError('a field is longer than what it is in');
      await this.#delimited(field, length, depth);
      return number;
    }
    const value = await this.#value(type);
    if (this.#stream.position > end) throw new RangeError('a field is longer than what it is in');
    if (field === undefined) return number;
    this.#hold(value.length + 5);
    this.#writer.tag(number, type).raw(value);
    return number;
  }

  async #delimited(field: DescField | undefined, length: number, depth: number): Promise<void> {
    const inner = field?.message;
    if (field !== undefined && inner) {
      if (depth >= MOST_DEPTH) throw new RangeError('its parts are nested too deep');
      this.#hold(MESSAGE_BYTES);
      this.#writer.tag(field.number, WireType.LengthDelimited).fork();
      const end = this.#stream.position + length;
      while (this.#stream.position < end) await this.field(inner, end, depth + 1);
      this.#writer.join();
      return;
    }
    const most = field?.scalar === ScalarType.BYTES ? FEW_BYTES : MOST_FIELD;
    if (field === undefined || length > most) {
      return this.#stream.skip(length);
    }
    this.#hold(length + 10);
    this.#writer.tag(field.number, WireType.LengthDelimited).bytes(await this.#stream.bytes(length));
  }

  #value(type: number): Promise<Uint8Array> {
    switch (type) {
      case WireType.Varint:
        return this.#stream.varint();
      case WireType.Bit64:
        return this.#stream.bytes(8);
      case WireType.Bit32:
        return this.#stream.bytes(4);
      default:
        throw new RangeError(`a field has the type ${type}`);
    }
  }

  #hold(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new RangeError('its graph is too large');
  }
}

/** Of a varint; inexact above 2^53, where nothing has so many bytes. */
function numberOf(varint: Uint8Array): number {
  return varint.reduceRight((sum, byte) => sum * 128 + (byte & 0x7f), 0);
}
