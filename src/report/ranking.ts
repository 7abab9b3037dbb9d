import type { ArmRound } from '../aggregate/run-facts.ts';
import { ENGINES } from '../contract/engines.ts';
import { isOneKernel, kernelDifference } from '../contract/one-kernel.ts';
import { sentence } from '../format.ts';
import { kernelsText } from '../kernels-text.ts';
import { nameOf } from './agreement.ts';
import type { Agreement, ArmSummary, Ranking, RankingObstacle, Summary } from './summary-schema.ts';

export interface RankingInput {
  readonly rounds: readonly ArmRound[];
  readonly arms: readonly ArmSummary[];
  readonly agreement: Agreement;
  readonly contended: boolean;
  readonly request: Pick<Summary['request'], 'repeats' | 'kernelNote' | 'kernel' | 'engine'>;
}

interface Refusal {
  readonly obstacle: RankingObstacle;
  readonly reason: string;
}

/** Which arm was faster, or why that cannot be said. */
export function rank(input: RankingInput): Ranking {
  const [a, b] = [...input.arms]
    .filter(({ wallMs }) => wallMs !== null)
    .sort((x, y) => median(x) - median(y));
  const refusal = refuse(input);
  if (refusal !== null || a?.wallMs == null || b?.wallMs == null) {
    const nothing = {
      obstacle: 'nothing to compare',
      reason: 'There are not two arms with a time.',
    } as const;
    return { ranked: false, ...(refusal ?? nothing), faster: null, ratio: null, notes: [] };
  }
  const { repeats } = input.request;
  const notes: string[] = [];
  if (repeats === 1) notes.push('One run only: noise was not measured.');
  else if (b.wallMs.min <= a.wallMs.max) {
    notes.push('The ranges of the rounds overlap: the difference may be noise.');
  }
  const ranked = { ranked: true, obstacle: null, notes };
  if (median(a) === median(b)) {
    return { ...ranked, reason: 'Both arms took the same time.', faster: null, ratio: 1 };
  }
  const over = repeats === 1 ? 'one round' : `${repeats} rounds (median)`;
  const rows = input.agreement.within === undefined ? 'same rows' : `rows with ${input.agreement.within}`;
  const reason = `Same manifest, ${rows}, same kernel (${kernelsText(a.kernels)}); wall time over ${over}.`;
  const ratio = median(a) === 0 ? null : median(b) / median(a);
  return { ...ranked, reason, faster: a.arm, ratio };
}

function refuse({ rounds, arms, agreement, contended, request }: RankingInput): Refusal | null {
  const failed = rounds.find(({ status }) => status === 'failed');
  if (failed !== undefined) {
    return { obstacle: 'failed arm', reason: sentence(`${nameOf(failed.arm, failed.round)} failed.`) };
  }
  const unread = rounds.find(({ status, digest }) => status === 'succeeded' && digest === null);
  if (unread !== undefined) {
    const reason = `The results of ${nameOf(unread.arm, unread.round)} could not be read.`;
    return { obstacle: 'not read', reason };
  }
  if (agreement.equal === false) return { obstacle: 'digest', reason: agreement.reason };
  const invalid = rounds.find(({ status, valid }) => status === 'succeeded' && !valid);
  if (invalid !== undefined) {
    const codes = invalid.problems.map(({ code }) => code).join(', ');
    const reason = `The answer of ${nameOf(invalid.arm, invalid.round)} is not valid (${codes}).`;
    return { obstacle: 'not valid', reason };
  }
  if (agreement.equal === null) return { obstacle: 'nothing to compare', reason: agreement.reason };
  const resumed = rounds.filter(({ batchesTakenOver }) => batchesTakenOver > 0);
  if (resumed.length > 0) {
    const names = resumed.map(({ arm, round }) => nameOf(arm, round)).join(', ');
    const reason = `Not comparable: resumed. An earlier run did some or all batches of ${names}.`;
    return { obstacle: 'resumed', reason };
  }
  // Of contention the report tells whatever the obstacle is, of kernels only here.
  if (!isOneKernel(arms.map(({ kernels }) => kernels))) {
    return { obstacle: 'kernel', reason: kernelReason(request, arms) };
  }
  if (contended) {
    const reason = 'Both arms ran at the same time on the same cores and slowed each other down.';
    return { obstacle: 'contention', reason };
  }
  return null;
}

const DIFFERENT =
  'Different kernels are different programs: these times tell the programs apart, and not functions from a fleet.';

/** What different kernels mean for the times, and how to have one. */
function kernelReason(
  { kernel, kernelNote, engine }: RankingInput['request'],
  arms: RankingInput['arms'],
): string {
  const { programs, leftTo } = kernelDifference(arms.flatMap(({ kernels }) => kernels));
  // The workers of `grpc` are the program of the functions, whatever items are left to.
  const left = leftTo && ENGINES[engine].isProgram !== true;
  if (kernelNote === null && left && !programs) {
    return `${DIFFERENT} Images that the kernel has no decoder for were left to one of the language: to compare the same program run again with \`--engine grpc\`.`;
  }
  const others = left
    ? ' Images that a kernel has no decoder for are left to one of the language, which only `--engine grpc` shares with functions.'
    : '';
  const portable =
    ENGINES[engine].isProgram === true ? '`--kernel portable`' : '`--kernel portable --engine grpc`';
  if (kernelNote !== null) return `${DIFFERENT} ${sentence(kernelNote)}; or run with ${portable}.${others}`;
  const native =
    kernel === 'portable'
      ? '`--kernel native`'
      : '`--kernel native`, with which a worker that cannot load it fails and says why';
  return `${DIFFERENT} To compare the same program run again with ${native}, or with ${portable}.${others}`;
}

function median(arm: ArmSummary): number {
  return arm.wallMs?.median ?? Number.POSITIVE_INFINITY;
}
