import { open } from 'node:fs/promises';

const TAIL_BYTES = 64 * 1024;

/** The end of a console log, 64 KiB at most as in EC2; empty if there is none. */
export async function consoleTail(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
