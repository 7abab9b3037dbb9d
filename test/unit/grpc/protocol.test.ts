import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-protocol-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the generated code is what protoc makes of the .proto files', async () => {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-protocol.mjs'), folder]);
  for (const file of ['src/grpc/protocol/head_pb', 'src/models/onnx/onnx_pb']) {
    for (const path of [`${file}.js`, `${file}.d.ts`]) {
      const committed = await readFile(join(ROOT, path), 'utf8');
      expect(committed, 'run `node scripts/build-protocol.mjs`').toBe(
        await readFile(join(folder, basename(path)), 'utf8'),
      );
    }
  }
});
