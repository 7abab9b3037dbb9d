import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { installSharp } from './sharp-layer.mjs';

/** @param {string} cpu */
export function sharpFolder(cpu) {
  return `.layers/sharp-linux-${cpu}`;
}

/** Where instances have it, below the root of the bundle of a fleet; git does not track it. */
export const GRPC_PROGRAM = 'ec2-workers/grpc/main.mjs';

/**
 * Make what head and workers of the gRPC fleet run: one file, and beside it only sharp, which is native.
 *
 * @param {string} root of the repository
 * @param {readonly string[]} cpus of the instances, as npm calls them
 */
export async function buildGrpcProgram(root, cpus) {
  for (const cpu of cpus) await installSharp(root, join(root, sharpFolder(cpu)), cpu);
  const outfile = join(root, GRPC_PROGRAM);
  // Whoever packs it meanwhile shall have all of it, and nothing else.
  const made = join(root, '.layers', `grpc-${process.pid}.mjs`);
  await mkdir(dirname(outfile), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['src/grpc/main.ts'],
    outfile: made,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    keepNames: true,
    external: ['sharp'],
    // Packages that are CommonJS ask for Node's modules by `require`.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await rename(made, outfile);
}
