import type { ArmRound } from '../aggregate/run-facts.ts';
import { TRANSITIONS } from './transitions.ts';

/** How often an arm went over the manifest, and what it took to add up each time. */
export interface MapsOfRound {
  /** Whether it has stages, be it one. */
  readonly isStaged: boolean;
  /** Those that this run began: of a single map one. */
  readonly maps: number;
  /** Those that it reduced, and milliseconds of that; 0 of a single map. */
  readonly reduces: number;
  readonly reduceMs: number;
  /** Batches of these maps that an earlier run did: a map asks for them all the same. */
  readonly takenOver: number;
}

export function mapsOf({
  stages,
  batchesTakenOver,
}: Pick<ArmRound, 'stages' | 'batchesTakenOver'>): MapsOfRound {
  if (stages.length === 0)
    return { isStaged: false, maps: 1, reduces: 0, reduceMs: 0, takenOver: batchesTakenOver };
  const own = stages.filter((stage) => stage.reduceMs !== null || stage.batches > stage.batchesTakenOver);
  const reduced = own.flatMap(({ reduceMs }) => reduceMs ?? []);
  return {
    isStaged: true,
    maps: own.length,
    reduces: reduced.length,
    reduceMs: reduced.reduce((sum, ms) => sum + ms, 0),
    takenOver: own.reduce((sum, stage) => sum + stage.batchesTakenOver, 0),
  };
}

/** States that the serverless branch enters, without the children of its maps. */
export function branchTransitions({ isStaged, maps }: Pick<MapsOfRound, 'isStaged' | 'maps'>): number {
  return isStaged ? TRANSITIONS.stagedBranch + TRANSITIONS.stage * maps : TRANSITIONS.serverlessBranch;
}
