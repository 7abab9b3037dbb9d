/** The header is padded to a multiple of this, so that the numbers are aligned. */
const ALIGNMENT = 64;

/**
 * What stands before the numbers of a NumPy array file (format version 1.0, as `numpy.save` writes it): little-endian
 * float32 of the shape (height, width, 3), in C order.
 */
export function npyHeader(width: number, height: number): Buffer {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}, 3), }`;
  const length = Math.ceil((10 + shape.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(length, ' ');
  header.write('\u0093NUMPY\u0001\u0000', 0, 'latin1');
  header.writeUInt16LE(length - 10, 8);
  header.write(shape, 10, 'latin1');
  header.write('\n', length - 1);
  return header;
}
