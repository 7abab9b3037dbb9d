/**
 * A table of FlatBuffers (https://flatbuffers.dev/internals/): its fields by their numbers. Those that are left out have their defaults.
 */
export type Table = readonly (Field | undefined)[];

export type Field =
  | { readonly bool: boolean }
  | { readonly uint8: number }
  | { readonly int16: number }
  | { readonly int32: number }
  | { readonly text: string }
  | { readonly table: Table }
  | { readonly tables: readonly Table[] };

/** The bytes of a buffer whose root is a table, a multiple of 8. */
export function flatBuffer(root: Table): Buffer {
  const writer = new Writer();
  const at = writer.reserve(4);
  writer.point(at, writer.table(root));
  return writer.bytes(8);
}

/** Writes from the front to the back: what is pointed at comes behind what points at it. */
class Writer {
  #buffer = Buffer.alloc(1024);
  #length = 0;

  bytes(multiple: number): Buffer {
    this.#align(multiple);
    return this.#buffer.subarray(0, this.#length);
  }

  /** @returns where zeros stand now */
  reserve(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.length)
      this.#buffer = Buffer.concat([this.#buffer, Buffer.alloc(at + bytes)]);
    this.#length += bytes;
    return at;
  }

  point(from: number, to: number): void {
    this.#buffer.writeUInt32LE(to - from, from);
  }

  /** @returns where it stands */
  table(fields: Table): number {
    this.#align(4);
    const offsets = this.reserve(4 + 2 * fields.length);
    this.#align(4);
    const start = this.reserve(4);
    const places = fields.map((field, number) => {
      if (field === undefined) return 0;
      const bytes = sizeOf(field);
      this.#align(bytes);
      const at = this.reserve(bytes);
      this.#buffer.writeUInt16LE(at - start, offsets + 4 + 2 * number);
      return at;
    });
    this.#buffer.writeInt32LE(start - offsets, start);
    this.#buffer.writeUInt16LE(4 + 2 * fields.length, offsets);
    this.#buffer.writeUInt16LE(this.#length - start, offsets + 2);
    for (const [number, field] of fields.entries())
      if (field !== undefined) this.#fill(places[number] ?? 0, field);
    return start;
  }

  #fill(at: number, field: Field): void {
    if ('bool' in field) this.#buffer.writeUInt8(field.bool ? 1 : 0, at);
    else if ('uint8' in field) this.#buffer.writeUInt8(field.uint8, at);
    else if ('int16' in field) this.#buffer.writeInt16LE(field.int16, at);
    else if ('int32' in field) this.#buffer.writeInt32LE(field.int32, at);
    else if ('text' in field) this.point(at, this.#text(field.text));
    else if ('table' in field) this.point(at, this.table(field.table));
    else this.point(at, this.#tables(field.tables));
  }

  #text(text: string): number {
    const bytes = Buffer.from(text);
    this.#align(4);
    // Ended by a zero, which its length does not count.
    const at = this.reserve(4 + bytes.length + 1);
    this.#buffer.writeUInt32LE(bytes.length, at);
    bytes.copy(this.#buffer, at + 4);
    return at;
  }

  #tables(tables: readonly Table[]): number {
    this.#align(4);
    const at = this.reserve(4 + 4 * tables.length);
    this.#buffer.writeUInt32LE(tables.length, at);
    for (const [index, table] of tables.entries()) {
      const from = at + 4 + 4 * index;
      this.point(from, this.table(table));
    }
    return at;
  }

  #align(multiple: number): void {
    this.reserve((multiple - (this.#length % multiple)) % multiple);
  }
}

function sizeOf(field: Field): number {
  if ('bool' in field || 'uint8' in field) return 1;
  return 'int16' in field ? 2 : 4;
}
