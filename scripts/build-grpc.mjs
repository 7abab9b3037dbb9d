/** Build the gRPC program for instances with the processor of this machine, or those named: `node scripts/build-grpc.mjs arm64`. */
import { fileURLToPath } from 'node:url';
import { buildGrpcProgram } from './packaging/grpc-program.mjs';

const cpus = process.argv.slice(2);
await buildGrpcProgram(
  fileURLToPath(new URL('..', import.meta.url)),
  cpus.length > 0 ? cpus : [process.arch],
);
