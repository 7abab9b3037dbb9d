/** Whether the arms of a run are measured one after the other or at once. */
export const SCHEDULES = ['sequential', 'parallel'] as const;
export type Schedule = (typeof SCHEDULES)[number];
