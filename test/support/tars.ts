import type { TarSource } from '../../src/dataset/shards/tar-blocks.ts';
import { type TarMember, type TarRemark, walkTar } from '../../src/dataset/shards/tar-walk.ts';
import { paddingBytes, tarHeader } from '../../src/dataset/shards/tar-writer.ts';

/** An entry as another program might write it: any type of header before the data. */
export function tarEntry(
  name: string | Buffer,
  data: Uint8Array | string = '',
  { type = '0', link = '' }: { readonly type?: string; readonly link?: string | Buffer } = {},
): Buffer {
  const body = Buffer.from(data);
  const header = tarHeader('-', body.length);
  header.fill(0, 0, 100);
  header.set(Buffer.from(name));
  header.write(type, 156, 'latin1');
  header.set(Buffer.from(link), 157);
  return Buffer.concat([signed(header), body, Buffer.alloc(paddingBytes(body.length))]);
}

/** A PAX header for the entry behind it. */
export function paxEntry(
  records: readonly (readonly [key: string, value: string | Buffer])[],
  type = 'x',
): Buffer {
  const lines = records.map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    let length = rest.length;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return Buffer.concat([Buffer.from(String(length)), rest]);
  });
  return tarEntry('PaxHeader', Buffer.concat(lines), { type });
}

/** Give a header that was changed its right checksum. */
export function signed(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Read a tar in memory to its end. */
export async function membersOf(tar: Buffer, name = 's3://b/x.tar'): Promise<TarMember[]> {
  return Array.fromAsync(walkTar(sourceOf(tar), { name, size: tar.length }));
}

/** Read a tar in memory as far as it can be: the files, what was remarked, and the code of the error that ended it. */
export async function walked(tar: Buffer) {
  const members: TarMember[] = [];
  const remarks: TarRemark[] = [];
  const onRemark = (remark: TarRemark) => remarks.push(remark);
  try {
    for await (const member of walkTar(sourceOf(tar), { name: 'x.tar', size: tar.length, onRemark })) {
      members.push(member);
    }
    return { members, remarks, error: null };
  } catch (reason) {
    return { members, remarks, error: reason as Error & { readonly code: string } };
  }
}

function sourceOf(tar: Buffer): TarSource {
  let position = 0;
  return {
    async read(length) {
      position += length;
      return tar.subarray(position - length, position);
    },
    skip(length) {
      position += length;
    },
  };
}
