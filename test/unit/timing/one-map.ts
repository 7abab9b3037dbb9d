import type { Arm } from '../../../src/contract/arm.ts';
import type { ClockOffset } from '../../../src/contract/span.ts';
import { ArmClockLog, type ClockedSpan } from '../../../src/timing/clocks.ts';
import { mapWork, type PhaseSpan } from '../../../src/timing/map-work.ts';
import { type ArmPhases, type ArmWall, armOf, phasesOf } from '../../../src/timing/phases.ts';
import { type Timeline, TimelineBuilder, type TimelineSpan } from '../../../src/timing/timeline.ts';

/** The phases of an arm that is one map. */
export function armPhases(wall: ArmWall, spans: readonly PhaseSpan[], lost = 0): ArmPhases {
  const bounds = { ...armOf(wall), reduce: null, engineStartedAt: wall.engineStartedAt };
  return phasesOf(wall, [{ work: mapWork(bounds, spans, lost), reduce: null }]);
}

/** Its timeline. */
export function buildTimeline(wall: ArmWall, spans: readonly TimelineSpan[]): Timeline {
  const builder = new TimelineBuilder(wall);
  builder.add(spans);
  return builder.finish();
}

/** Its clocks, and its spans by them. */
export function alignClocks<S extends ClockedSpan>(
  arm: Arm,
  spans: readonly S[],
  head: ClockOffset | null = null,
) {
  const log = new ArmClockLog(arm, head);
  const aligned = log.align(spans);
  return { clocks: log.clocks(), spans: aligned, headShiftMs: log.headShiftMs };
}
