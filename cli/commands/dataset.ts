import { join } from 'node:path';
import { passedOverText } from '../../src/dataset/files/passed-over.ts';
import { readImageFolder, type UnusableFile } from '../../src/dataset/folder.ts';
import { makeSample, type Sample } from '../../src/dataset/sample.ts';
import type { SampleKind } from '../../src/dataset/sample-kinds.ts';
import { uploadFiles } from '../../src/dataset/upload.ts';
import { printable } from '../../src/format.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import type { Io } from '../io.ts';

/** Make the sample images on this machine. */
export async function sampleCommand(
  context: Context,
  kinds: readonly SampleKind[],
  count: number | undefined,
) {
  const samples: Sample[] = [];
  for (const kind of kinds) samples.push(await sample(context, kind, count));
  const text = samples
    .map(
      ({ kind, images, bytes, folder, made }) =>
        `${kind}: ${images} images, ${megabytes(bytes)} MB in ${folder}${made ? '' : ' (there already)'}`,
    )
    .join('\n');
  return { json: { samples }, text };
}

export async function sample(
  { io, home, signal }: Context,
  kind: SampleKind,
  count?: number,
): Promise<Sample> {
  const made = await makeSample(kind, join(home, 'dataset'), {
    signal,
    ...(count === undefined ? {} : { count }),
    onProgress: (done, total) => io.progress(`making ${kind}: ${done} of ${total}`),
  });
  io.endProgress();
  return made;
}

/** Put a folder of images into the stack's data bucket. */
export async function uploadCommand(context: Context, folder: string, prefix: string, requesterPays = false) {
  const aws = await connect(context, { requesterPays });
  const result = await upload(context, aws, folder, prefix);
  const text = `${result.uploaded} uploaded, ${result.unchanged} there already, under s3://${aws.stack.dataBucket}/${prefix}`;
  const exitCode = result.failed > 0 ? EXIT.FAILED_ITEMS : EXIT.OK;
  return { json: { bucket: aws.stack.dataBucket, prefix, ...result }, text, exitCode };
}

export async function upload({ io, signal }: Context, { s3, stack }: Aws, folder: string, prefix: string) {
  const { files, unusable, passedOver } = await readImageFolder(folder, { signal });
  const { unusable: unread, ...result } = await uploadFiles({
    s3,
    bucket: stack.dataBucket,
    prefix,
    files,
    signal,
    onProgress: ({ done, total }) => io.progress(`uploading ${folder}: ${done} of ${total}`),
  });
  io.endProgress();
  for (const line of passedOverText(passedOver)) io.note(printable(line));
  const failed = notUploaded(io, [...unusable, ...unread]);
  if (result.others > 0) {
    io.note(
      `${result.others} other objects lie under s3://${stack.dataBucket}/${prefix} and belong to the dataset too.`,
    );
  }
  return { ...result, failed, leftOut: passedOver.files.list(), folderLinks: passedOver.folderLinks };
}

/** Say which files are not in the bucket, and why. */
export function notUploaded(io: Io, files: readonly UnusableFile[]): number {
  for (const { key, why } of files) io.note(printable(`${key} was left out: ${why}`));
  return files.length;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
