/**
 * Make the code of the .proto files in src/: `node scripts/build-protocol.mjs [FOLDER]`, by default beside each, else all in the
 * folder.
 */
import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILES = ['src/grpc/protocol/head.proto', 'src/models/onnx/onnx.proto'];

const root = fileURLToPath(new URL('..', import.meta.url));
for (const file of FILES) {
  const folder = join(root, dirname(file));
  const { status } = spawnSync(
    join(root, '.venv/bin/python'),
    [
      ...['-m', 'grpc_tools.protoc', '-I', folder],
      `--plugin=protoc-gen-es=${join(root, 'node_modules/.bin/protoc-gen-es')}`,
      `--es_out=${process.argv[2] ?? folder}`,
      // TypeScript would have enums, which Node cannot strip.
      '--es_opt=target=js+dts,import_extension=js',
      basename(file),
    ],
    { stdio: 'inherit' },
  );
  process.exitCode ||= status ?? 1;
}
