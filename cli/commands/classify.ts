import { caseOf, type PipelineName } from '../../src/ablation/case.ts';
import { evenly, IMAGES } from '../../src/ablation/image-objects.ts';
import { switchesNamed } from '../../src/ablation/switch.ts';
import { readImageFolder } from '../../src/dataset/folder.ts';
import { FanfleetError } from '../../src/errors.ts';
import { bytes, count, duration, printable } from '../../src/format.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { expectInteger } from '../numbers.ts';
import { knownSwitches, type PipelineOptions, withPipelines } from '../pipelines.ts';

export interface ClassifyOptions extends PipelineOptions {
  readonly pipeline: PipelineName;
  readonly mistake: readonly string[];
  readonly optimization: readonly string[];
  readonly without: readonly string[];
  readonly sample?: number;
}

/** The optimization that keeps images that cannot be decoded. */
const KEEPS_BAD = 'bad-images-kept';

/**
 * What a model says of local images, by a pipeline that is written on an engine itself: their rows, and what it took.
 *
 * @throws FanfleetError `INVALID_INPUT` for names that are none, `FOLDER_MISSING` … as `readImageFolder`, and as `withPipelines`
 */
export async function classifyCommand(context: Context, folder: string, options: ClassifyOptions) {
  const { io, signal } = context;
  const { engine, pipeline, mistake, optimization, without, sample } = options;
  if (sample !== undefined) expectInteger('--sample', sample, Number.MAX_SAFE_INTEGER);
  const { catalogue, switches } = await knownSwitches(context, engine);
  const asked = [
    ...switchesNamed(mistake, switches, catalogue, 'mistake'),
    ...switchesNamed(optimization, switches, catalogue, 'optimization'),
  ];
  const off = switchesNamed(without, switches, catalogue);
  const one = caseOf(pipeline, switches, { asked, without: off });
  const { files, unusable } = await readImageFolder(folder, { signal });
  for (const { key, why } of unusable) io.note(printable(`${key} is left out: ${why}`));
  const taken = evenly(files, sample ?? files.length);
  const used = [...one.switches];
  const { took, rows } = await withPipelines(context, taken, { ...options, catalogue, used }, async (all) => {
    io.progress(`classifying ${taken.length} images, ${one.title}`);
    const took = await all.run(one.switches).catch((reason: unknown) => {
      throw one.switches.includes(KEEPS_BAD) ? reason : withHint(reason);
    });
    return { took, rows: await all.rows() };
  });
  const { digest: _, ...figures } = took;
  const named = rows.map((row) => ({ ...row, key: row.key.slice(IMAGES.length) }));
  await io.rows({ engine, ...one, took: figures }, named);
  io.note(
    [
      `${engine}, ${one.title}: ${count(took.images)} images in ${duration(took.seconds * 1000)}, CPU ${took.cpuSeconds.toFixed(1)} s`,
      `memory ${bytes(took.ownBytes)}, object store ${bytes(took.storeBytes)}`,
      `${count(took.puts)} PUTs, ${count(took.gets)} GETs, read ${bytes(took.bytesRead)}, written ${bytes(took.bytesWritten)}.`,
    ].join('; '),
  );
  const failed = unusable.length + rows.filter(({ label }) => label === null).length;
  if (failed > 0) io.note(`${failed} of ${files.length + unusable.length} images could not be classified.`);
  return { json: { failed }, text: '', exitCode: failed > 0 ? EXIT.FAILED_ITEMS : EXIT.OK };
}

/** An image that cannot be decoded ends a pipeline that was not told what to do then. */
function withHint(reason: unknown): FanfleetError {
  const { code, message, source } = FanfleetError.from(reason);
  const said = `${message.replace(`[${code}] `, '')}\nIf an image cannot be decoded: \`--optimization ${KEEPS_BAD}\` makes a row of it.`;
  return new FanfleetError(code, said, { cause: reason, source });
}
