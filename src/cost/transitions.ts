/**
 * State transitions of statemachine/benchmark.asl.yaml: AWS bills each state that is entered, and one for each child
 * that a Distributed Map starts, and none for the iterations of an inline Map:
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html
 */
export const TRANSITIONS = {
  /** ServerlessWanted, ServerlessStarted, FanOut, StagesAsked, ServerlessEnded; beside its children. */
  serverlessBranch: 5,
  /** Of a workload with stages: ServerlessWanted, StagedStarted, FirstStage, StageLeft, ServerlessEnded; beside its stages. */
  stagedBranch: 5,
  /** Of each stage: FanOut, StagesAsked, Reduce, StageLeft; beside its children. */
  stage: 4,
  /** FleetWanted, FleetStarted, LaunchFleet, TerminateFleet, FleetEnded. */
  fleetBranch: 5,
  /** The question and the state that says so. */
  skippedBranch: 2,
  /** Arms. */
  pass: 1,
  /** Validate, MemoryAsked, Plan, InputsAsked, Passes, Aggregate, Report, Outcome, Done. */
  run: 9,
  /** Prepare, BaselineAsked. */
  inputs: 2,
  /** Baseline. */
  baseline: 1,
} as const;
