import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { installOnnxruntime, onnxruntimeFolder } from './onnxruntime-layer.mjs';
import { installSharp } from './sharp-layer.mjs';

/** @param {string} cpu */
export function sharpFolder(cpu) {
  return `.layers/sharp-linux-${cpu}`;
}

/** Where instances have it, below the root of the bundle of a fleet; git does not track it. */
export const GRPC_PROGRAM = 'ec2-workers/grpc/main.mjs';

/**
 * Make what head and workers of the gRPC fleet run, and beside it only sharp, which is native. Each command has files of its own:
 * a process compiles no more than it runs.
 *
 * @param {string} root of the repository
 * @param {readonly string[]} cpus of the instances, as npm calls them
 * @param {boolean} [models] whether they may fetch what runs models
 */
export async function buildGrpcProgram(root, cpus, models = false) {
  for (const cpu of cpus) {
    await installSharp(root, join(root, sharpFolder(cpu)), cpu);
    if (models) await installOnnxruntime(root, join(root, onnxruntimeFolder(cpu)), cpu);
  }
  const folder = dirname(join(root, GRPC_PROGRAM));
  // Whoever packs it meanwhile shall have all of it: the file that names the others comes last.
  const made = join(root, '.layers', `grpc-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    await build({
      absWorkingDir: root,
      entryPoints: ['ec2-workers/grpc-program/main.ts'],
      outdir: made,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
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
    const main = basename(GRPC_PROGRAM);
    const files = (await readdir(made)).toSorted((a, b) => Number(a === main) - Number(b === main));
    for (const name of files) await rename(join(made, name), join(folder, name));
    for (const name of await readdir(folder))
      if (!files.includes(name)) await rm(join(folder, name), { recursive: true });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
