/** How the head judges its workers. Times are milliseconds. */
export type SchedulerOptions = {
  /** A lease that its worker has not extended for so long is over. @default 10,000 */
  readonly leaseMs: number;
  /** A worker that has not been heard for so long is dead. @default 10,000 */
  readonly silenceMs: number;
  /** A batch that has failed on so many workers fails the job. @default 3 */
  readonly failuresOfBatch: number;
  /** A worker that has failed so many batches in a row gets none while another is in better health. @default 3 */
  readonly failuresOfWorker: number;
  /** A batch that takes so many times the mean is copied to an idle worker once the queue is empty. @default 1.5 */
  readonly stragglerFactor: number;
  /** The same, as a time, while no batch has been done yet. @default 10,000 */
  readonly stragglerMs: number;
  /** For how long a worker must be busy with what it has beyond its slots: orders take a round trip. @default 250 */
  readonly aheadMs: number;
  /** Most batches that a worker has beyond its slots, for each slot. @default 8 */
  readonly aheadPerSlot: number;
};

export const SCHEDULER_DEFAULTS: SchedulerOptions = Object.freeze({
  leaseMs: 10_000,
  silenceMs: 10_000,
  failuresOfBatch: 3,
  failuresOfWorker: 3,
  stragglerFactor: 1.5,
  stragglerMs: 10_000,
  aheadMs: 250,
  aheadPerSlot: 8,
});
