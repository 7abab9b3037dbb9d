import { open } from 'node:fs/promises';
import { s3Address } from '../src/aws/s3-address.ts';
import { layout } from '../src/contract/layout.ts';
import type { ByteSource } from '../src/embeddings/read-embeddings.ts';
import { FanfleetError } from '../src/errors.ts';
import { invalidInput } from '../src/invalid-input.ts';
import type { Aws, Context } from './context.ts';

/** Where a file of embeddings is: one of the two. */
export interface WhereEmbeddings {
  /** A path of this machine, or `s3://bucket/key`. */
  readonly in?: string | undefined;
  /** A run of the workload `embed`. */
  readonly run?: string | undefined;
}

export interface EmbeddingsSource extends ByteSource {
  /** The path or the address, for errors. */
  readonly where: string;
  readonly close: () => Promise<void>;
}

/**
 * Open a file of embeddings, on this machine, in S3 or of a run.
 *
 * @throws FanfleetError `INVALID_INPUT`, `PATH_UNREADABLE`, `OBJECT_NOT_FOUND`, `NO_EMBEDDINGS`; as `connect` does; S3's code
 */
export async function embeddingsSource(
  context: Context,
  { in: place, run }: WhereEmbeddings,
): Promise<EmbeddingsSource> {
  if (run !== undefined) return ofRun(context, run);
  if (place === undefined) {
    throw invalidInput('Nearest', [
      'Expected `--in` with a file of embeddings or s3://bucket/key, or `--run` with a run of embed, but received neither: give one of them.',
    ]);
  }
  if (!place.startsWith('s3://')) return ofFile(place);
  const address = s3Address(place);
  if (address === null) {
    throw invalidInput('Nearest', [
      `Expected s3://bucket/key for \`--in\` but received ${place}: correct it.`,
    ]);
  }
  const { s3 } = await connected(context);
  return ofObject(s3, address.bucket, address.key);
}

async function ofRun(context: Context, run: string): Promise<EmbeddingsSource> {
  const { s3, stack } = await connected(context);
  try {
    return await ofObject(s3, stack.runsBucket, layout.embeddings(run));
  } catch (cause) {
    if (FanfleetError.from(cause).code !== 'OBJECT_NOT_FOUND') throw cause;
    const message = `Expected embeddings of the run ${run} but there are none: it is no run of embed, is not done, or no image of it has one; see \`fanfleet status ${run}\`.`;
    throw new FanfleetError('NO_EMBEDDINGS', message, { cause, source: 'user' });
  }
}

/** The SDK is only loaded where S3 is asked. */
async function connected(context: Context): Promise<Aws> {
  return (await import('./context.ts')).connect(context);
}

async function ofObject(s3: Aws['s3'], bucket: string, key: string): Promise<EmbeddingsSource> {
  const { openObject } = await import('../src/aws/object-source.ts');
  const object = await openObject(s3, bucket, key);
  return { ...object, where: `s3://${bucket}/${key}`, close: async () => {} };
}

async function ofFile(path: string): Promise<EmbeddingsSource> {
  try {
    const file = await open(path);
    const { size } = await file.stat();
    return {
      bytes: size,
      read: async (start, end) => {
        const bytes = Buffer.allocUnsafe(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      },
      where: path,
      close: () => file.close(),
    };
  } catch (cause) {
    const message = `Expected a file at ${path} that can be read but got: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError('PATH_UNREADABLE', message, { cause, source: 'user' });
  }
}
