import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import { type Reduced, reducedSchema } from '../contract/stage.ts';

/** Whose stages they are. */
export interface RoundOfArm {
  readonly reader: Pick<BucketReader, 'get'>;
  readonly runId: string;
  readonly arm: Arm;
  readonly round: number;
}

/** `reduced.json` of one stage; null where it has none, `damaged` where what is there is not of it. */
export async function readReduced(
  { reader, runId, arm, round }: RoundOfArm,
  stage: number,
): Promise<Reduced | 'damaged' | null> {
  const body = await getIfPresent(reader, layout.reduced(runId, arm, round, stage));
  if (body === null) return null;
  const reduced = parseReduced(body);
  return reduced?.stage === stage ? reduced : 'damaged';
}

function parseReduced(body: Buffer): Reduced | null {
  try {
    return reducedSchema.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
