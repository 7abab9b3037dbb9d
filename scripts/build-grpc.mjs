/** Build the gRPC program for instances with the processor of this machine, or those named: `node scripts/build-grpc.mjs arm64`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGrpcProgram } from './packaging/grpc-program.mjs';

const cpus = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
// npm start leaves out what runs models.
const models = existsSync(join(root, 'node_modules/onnxruntime-node'));
await buildGrpcProgram(root, cpus.length > 0 ? cpus : [process.arch], models);
