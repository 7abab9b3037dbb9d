import type { ArmProgress } from '../../src/run/progress.ts';

/**
 * Makes the line that `run` shows: images done, rate and time left of the arms that run now.
 *
 * The rate is over the time since the first batch of the arm was done, so that a fleet's boot does not count as slowness.
 */
export function progressLine(now: () => number): (arms: readonly ArmProgress[]) => string {
  const firsts = new Map<string, { at: number; images: number }>();
  return (arms) => {
    if (arms.length === 0) return 'planning, or summing up …';
    return arms.map((arm) => describe(arm, now(), firsts)).join('   ');
  };
}

function describe(
  progress: ArmProgress,
  now: number,
  firsts: Map<string, { at: number; images: number }>,
): string {
  const { arm, round, stage, images, totalImages } = progress;
  const ofRound = round === 0 ? arm : `${arm} (repeat ${round + 1})`;
  const name = stage === null ? ofRound : `${ofRound}, stage ${stage}`;
  if (images >= totalImages) return `${name}: all ${totalImages} images done`;
  if (images === 0) return `${name}: ${arm === 'fleet' ? 'booting' : 'starting'} …`;
  const key = `${arm}/${round}/${stage}`;
  const first = firsts.get(key) ?? { at: now, images };
  firsts.set(key, first);
  const done = `${name}: ${images} of ${totalImages} images`;
  const seconds = (now - first.at) / 1000;
  if (seconds <= 0 || images === first.images) return done;
  const rate = (images - first.images) / seconds;
  return `${done}, ${Math.round(rate)}/s, ${Math.ceil((totalImages - images) / rate)} s left`;
}
