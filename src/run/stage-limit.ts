import { STEP_FUNCTIONS_LIMITS } from '../aws/limits.ts';

/**
 * Events that a stage adds to the history of the execution: 4 of FanOut, 5 of Reduce, 2 each of StagesAsked and StageLeft; its
 * children have histories of their own.
 */
const EVENTS_PER_STAGE = 13;
/** What is left to all else: other states, and what is tried again. */
const EVENTS_BESIDE = 5_000;

/** How many rounds of so many stages one execution can have: Step Functions ends one whose history is full. At least 1. */
export function mostRounds(stages: number): number {
  const most =
    (STEP_FUNCTIONS_LIMITS.historyEvents - EVENTS_BESIDE) / (EVENTS_PER_STAGE * Math.max(1, stages));
  return Math.max(1, Math.floor(most));
}
