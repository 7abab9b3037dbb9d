// ONNX Runtime as workers of the gRPC fleet fetch it: packed here, since to compress 46 MB would take a function longer than all
// else of a launch.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tarOf } from '../../src/dataset/shards/tar-writer.ts';

/**
 * Pack the packages of a layer as `packed.tar.gz`, with its key and hash in `packed.json`. The same files give the same key.
 *
 * @param {string} layer the folder
 */
export async function packArchive(layer) {
  const packages = join(layer, 'nodejs/node_modules');
  const entries = await readdir(packages, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(packages, join(entry.parentPath, entry.name)))
    .toSorted();
  const tar = tarOf(
    await Promise.all(
      names.map(async (name) => /** @type {const} */ ([name, await readFile(join(packages, name))])),
    ),
  );
  const hash = (/** @type {Buffer} */ data) => createHash('sha256').update(data).digest('hex');
  const archive = await promisify(gzip)(tar);
  await writeFile(join(layer, 'packed.tar.gz'), archive);
  const place = { key: `fleet-bundles/onnxruntime-${hash(tar).slice(0, 16)}.tar.gz`, sha256: hash(archive) };
  await writeFile(join(layer, 'packed.json'), JSON.stringify(place));
}
