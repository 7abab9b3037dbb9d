import type { EmbeddingFormat } from './embedding.ts';
import { type Field, flatBuffer, type Table } from './flat-buffer.ts';

/** The numbers that Arrow has for types, as in Schema.fbs and Message.fbs. */
const TYPE = { int: 2, floatingPoint: 3, utf8: 5, fixedSizeList: 16 } as const;
const SCHEMA_HEADER = 1;
const VERSION_5 = 4;
const SINGLE_PRECISION = 1;
/** What a message begins with. */
const CONTINUATION = 0xff_ff_ff_ff;

/**
 * The schema of a file of embeddings as a message of Arrow's IPC format, in base64: under `ARROW:schema` in the metadata of a Parquet file it tells
 * readers that are made on Arrow that a list has a fixed size, which Parquet itself cannot say.
 */
export function arrowSchema({ type, length }: EmbeddingFormat): string {
  const float: Column = { name: 'element', type: TYPE.floatingPoint, table: [{ int16: SINGLE_PRECISION }] };
  const int8: Column = { name: 'element', type: TYPE.int, table: [{ int32: 8 }, { bool: true }] };
  const element = type === 'int8' ? int8 : float;
  const columns: Column[] = [
    { name: 'key', type: TYPE.utf8, table: [] },
    { name: 'embedding', type: TYPE.fixedSizeList, table: [{ int32: length }], children: [element] },
  ];
  if (type === 'int8') columns.push({ ...float, name: 'scale' });
  const schema: Table = [undefined, { tables: columns.map(fieldOf) }];
  const message = flatBuffer([{ int16: VERSION_5 }, { uint8: SCHEMA_HEADER }, { table: schema }]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(CONTINUATION, 0);
  head.writeUInt32LE(message.length, 4);
  return Buffer.concat([head, message]).toString('base64');
}

interface Column {
  readonly name: string;
  readonly type: number;
  readonly table: readonly Field[];
  readonly children?: readonly Column[];
}

/** A column that is never null. */
function fieldOf({ name, type, table, children = [] }: Column): Table {
  return [
    { text: name },
    { bool: false },
    { uint8: type },
    { table },
    undefined,
    { tables: children.map(fieldOf) },
  ];
}
