/** Make the code of src/grpc/protocol/head.proto: `node scripts/build-protocol.mjs [FOLDER]`, by default beside it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const protocol = join(root, 'src/grpc/protocol');
const { status } = spawnSync(
  join(root, '.venv/bin/python'),
  [
    ...['-m', 'grpc_tools.protoc', '-I', protocol],
    `--plugin=protoc-gen-es=${join(root, 'node_modules/.bin/protoc-gen-es')}`,
    `--es_out=${process.argv[2] ?? protocol}`,
    // TypeScript would have enums, which Node cannot strip.
    '--es_opt=target=js+dts,import_extension=js',
    'head.proto',
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
