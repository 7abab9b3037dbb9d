import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headerBytes, tarHeader, tarOf } from '../../../../src/dataset/shards/tar-writer.ts';
import { membersOf, signed, walked } from '../../../support/tars.ts';

const run = promisify(execFile);
const PYTHON = join(import.meta.dirname, '../../../../.venv/bin/python');
const NAMES = [
  'photos/0001.jpg',
  'a name with  spaces .jpg',
  'é 😀\u2028.png',
  '/begins with a slash.jpg',
  './a//b.jpg',
  `${'x'.repeat(100)}.jpg`,
  `${'d'.repeat(150)}/${'n'.repeat(96)}.jpg`,
  `${'d'.repeat(156)}/n.jpg`,
  `${'😀'.repeat(249)}.tiff`,
  'tab\tline\nend.gif',
];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fanfleet-tar-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('tarHeader', () => {
  it('writes what Python reads, with the mode, owner and time of no one', async () => {
    const path = join(dir, 'ours.tar');
    await writeFile(path, tarOf(NAMES.map((name, i) => [name, Buffer.alloc(i * 100, i)])));
    const script = `import json, sys, tarfile
print(json.dumps([[m.name, m.size, m.offset_data, m.mode, m.uid, m.gid, m.mtime, m.isreg()] for m in tarfile.open(sys.argv[1])]))`;
    const { stdout } = await run(PYTHON, ['-c', script, path]);
    const ours = await membersOf(await readFile(path));
    expect(JSON.parse(stdout)).toEqual(
      ours.map(({ name, size, offset }) => [name, size, offset, 0o644, 0, 0, 0, true]),
    );
    expect(ours.map(({ name }) => name)).toEqual(NAMES);
  });

  it('writes what GNU tar takes without a word', async () => {
    const path = join(dir, 'ours.tar');
    await writeFile(path, tarOf(NAMES.slice(0, 3).map((name) => [name, Buffer.from(name)])));
    const { stdout, stderr } = await run('tar', ['-xOf', path]);
    expect(stderr).toBe('');
    expect(stdout).toBe(NAMES.slice(0, 3).join(''));
  });

  it('needs no PAX header for what ustar can hold', () => {
    expect(NAMES.map((name) => headerBytes(name, 1) > 512)).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('is read back, whatever the name and the size, and is as long as it was said to be', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).map((text) => `${text}.jpg`);
    const file = fc.tuple(name, fc.uint8Array({ maxLength: 1_100 }));
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 5 }), async (files) => {
        const tar = tarOf(files);
        const members = await membersOf(tar);
        expect(
          members.map((member) => [
            member.name,
            Uint8Array.from(tar.subarray(member.offset, member.offset + member.size)),
          ]),
        ).toEqual(files);
        for (const [key, data] of files) {
          expect(headerBytes(key, data.length)).toBe(tarHeader(key, data.length).length);
        }
      }),
    );
  });

  it('can say a size that ustar cannot', async () => {
    const size = 9 * 2 ** 30;
    const header = tarHeader('huge.tif', size);
    await expect(membersOf(header)).rejects.toThrow(`expected ${size} bytes of "huge.tif"`);
  });
});

describe('walkTar', () => {
  it.each(['USTAR', 'GNU', 'PAX'])(
    "reads Python's %s tars, and passes over all but files and hard links",
    async (format) => {
      // Prepare
      const path = join(dir, 'theirs.tar');
      const script = `import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.${format}_FORMAT) as tar:
    def add(name, kind=tarfile.REGTYPE, link="", data=b""):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, len(data)
        tar.addfile(info, io.BytesIO(data))
    add("folder", tarfile.DIRTYPE)
    add("./0001.jpg", data=b"one")
    add("soft.jpg", tarfile.SYMTYPE, "0001.jpg")
    add("hard.jpg", tarfile.LNKTYPE, "0001.jpg")
    add("pipe.jpg", tarfile.FIFOTYPE)
    add("${'d'.repeat(120)}/${'n'.repeat(90)}.jpg", data=b"x" * 600)
    add("long link", tarfile.SYMTYPE, "${format === 'USTAR' ? 'l' : 'l'.repeat(200)}")
    add("${format === 'USTAR' ? 'e' : 'é'}.jpg", data=b"two")
    add("empty.png")
`;
      await run(PYTHON, ['-c', script, path]);

      // Act
      const tar = await readFile(path);
      const members = await membersOf(tar);

      // Assess
      expect(
        members.map(({ name, offset, size }) => [name, tar.toString('latin1', offset, offset + size)]),
      ).toEqual([
        ['./0001.jpg', 'one'],
        ['hard.jpg', 'one'],
        [`${'d'.repeat(120)}/${'n'.repeat(90)}.jpg`, 'x'.repeat(600)],
        [`${format === 'USTAR' ? 'e' : 'é'}.jpg`, 'two'],
        ['empty.png', ''],
      ]);
    },
  );

  it.each(['v7', 'oldgnu', 'gnu', 'ustar', 'pax'])('reads the tars of tar --format=%s', async (format) => {
    await writeFile(join(dir, 'a.jpg'), 'aaa');
    await writeFile(join(dir, 'b.jpg'), 'bb');
    await run('tar', ['--format', format, '-cf', 'x.tar', './a.jpg', 'b.jpg'], { cwd: dir });
    const tar = await readFile(join(dir, 'x.tar'));
    const members = await membersOf(tar);
    expect(
      members.map(({ name, offset, size }) => [name, tar.toString('latin1', offset, offset + size)]),
    ).toEqual([
      ['./a.jpg', 'aaa'],
      ['b.jpg', 'bb'],
    ]);
  });

  it("reads GNU's incremental tars, which have times where ustar has the prefix of a name", async () => {
    await writeFile(join(dir, 'a.jpg'), 'aaa');
    await run('tar', ['--format=gnu', '--incremental', '-cf', 'x.tar', 'a.jpg'], { cwd: dir });
    const members = await membersOf(await readFile(join(dir, 'x.tar')));
    expect(members).toEqual([{ name: 'a.jpg', offset: 512, size: 3 }]);
  });

  it('reads sizes in base 256, as GNU tar writes those from 8 GiB on', async () => {
    const header = tarHeader('a.tif', 0);
    header.fill(0, 124, 136);
    header[124] = 0x80;
    header.writeUInt32BE(3, 131);
    header.writeUInt8(1, 135);
    signed(header);
    await expect(membersOf(header)).rejects.toThrow(`expected ${3 * 256 + 1} bytes of "a.tif"`);
  });

  const tar = tarOf([
    ['a.jpg', Buffer.alloc(600)],
    ['é.jpg', Buffer.alloc(600)],
  ]);
  it.each([
    ['no tar', Buffer.alloc(1024, 'x'), 0, /checksum|number/],
    ['nothing', Buffer.alloc(0), 0, 'cut off'],
    ['a flipped bit in a header', flipped(tar, 512 + 1024 + 3), 1536, 'checksum'],
    ['a cut within a file', tar.subarray(0, 900), 0, 'expected 600 bytes of "a.jpg"'],
    ['a cut within a header', tar.subarray(0, 1_800), 1536, 'cut off'],
    ['a cut between two files', tar.subarray(0, 1536), 1536, 'cut off'],
    ['a cut within a long name', tar.subarray(0, 2050), 1536, 'cut off'],
    ['damaged PAX records', flipped(tar, 1536 + 512), 1536, 'PAX records'],
  ])('refuses %s, and says where', async (_, bytes, at, why) => {
    const failure = membersOf(bytes);
    await expect(failure).rejects.toMatchObject({ code: 'SHARD_DAMAGED', source: 'user' });
    await expect(failure).rejects.toThrow(`s3://b/x.tar but at byte ${at}`);
    await expect(failure).rejects.toThrow(why);
  });

  it('never fails in another way, whatever is changed', async () => {
    const change = fc.record({ at: fc.nat({ max: tar.length - 1 }), to: fc.nat({ max: 255 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, isSigned) => {
          const bytes = Buffer.from(tar);
          for (const { at, to } of changes) bytes[at] = to;
          // With its checksum made right again a changed header gets further.
          if (isSigned) signed(bytes.subarray(0, 512));
          const { members, error } = await walked(bytes);
          expect(error?.code ?? 'SHARD_DAMAGED').toMatch(/^SHARD_(DAMAGED|COMPRESSED)$/);
          for (const { offset, size } of members) expect(offset + size).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function flipped(tar: Buffer, at: number, bit = 1): Buffer {
  const bytes = Buffer.from(tar);
  bytes[at] = (bytes[at] ?? 0) ^ bit;
  return bytes;
}
