import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundOfStages } from '../../../src/grpc/scheduler/keepers.ts';
import { Scheduler } from '../../../src/grpc/scheduler/scheduler.ts';

const ERROR = { code: 'S3', message: 'no' };
const ROUND = 's3://runs/runs/r/fleet/round-0/';
const stage = (number: number) => `${ROUND}stage-${number}/`;

/** A scheduler of which tests say in which stage it is, and who does what. */
function setUp() {
  const scheduler = new Scheduler(() => 0);
  let job = '';
  return {
    scheduler,
    submit: (out: string, batches: readonly number[], round: string | undefined = roundOfStages(out)) => {
      job = out;
      scheduler.submit(undefined, []);
      scheduler.submit(job, batches, round);
    },
    given: () => scheduler.assign().map(({ worker, batch }) => [worker, batch]),
    /** Whether or not it was given to the worker. */
    did: (worker: string, ...batches: number[]) => {
      for (const batch of batches) scheduler.complete(worker, job, batch, 1000);
    },
    fail: (worker: string, batch: number) => scheduler.fail(worker, job, batch, ERROR),
  };
}

/** Two workers of one slot each, of which `b` did all even batches of the first stage, and `a` the others. */
function afterFirstStage(batches = 6) {
  const made = setUp();
  const all = Array.from({ length: batches }, (_, batch) => batch);
  made.submit(stage(0), all);
  for (const worker of ['a', 'b']) made.scheduler.join(worker, 1);
  for (const batch of all) made.did(batch % 2 === 0 ? 'b' : 'a', batch);
  return { ...made, all };
}

describe('batches of a stage', () => {
  it('go to the worker that did them in the stage before', () => {
    const { submit, given, did, all } = afterFirstStage();
    submit(stage(1), all);
    const done: (string | number | undefined)[][] = [];
    for (let batches = given(); batches.length > 0; batches = given()) {
      done.push(...batches);
      for (const [worker, batch] of batches) did(worker as string, batch as number);
    }
    const byBatch = done.toSorted((one, other) => Number(one[1]) - Number(other[1]));
    expect(byBatch).toEqual(all.map((batch) => [batch % 2 === 0 ? 'b' : 'a', batch]));
  });

  it('go to the one that did them last', () => {
    const { submit, given, did } = afterFirstStage(2);
    submit(stage(1), [0, 1]);
    did('a', 0);
    did('b', 1);
    submit(stage(2), [0, 1]);
    expect(given()).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  it('that were taken over in between are still with the one that did them', () => {
    const { submit, given, did } = afterFirstStage(2);
    submit(stage(1), [1]);
    did('a', 1);
    submit(stage(2), [0, 1]);
    expect(given()).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });

  it('are not waited for: a worker that has none left takes the last one of whom has the most', () => {
    const { scheduler, submit, given, did } = setUp();
    submit(stage(0), [0, 1, 2, 3, 4, 5, 6]);
    did('a', 0, 1, 2, 3, 4);
    did('b', 5, 6);
    for (const worker of ['a', 'b', 'new']) scheduler.join(worker, 1);
    submit(stage(1), [0, 1, 2, 3, 4, 5, 6]);
    expect(given()).toEqual([
      ['a', 0],
      ['b', 5],
      ['new', 4],
      ['a', 1],
    ]);
    did('new', 4);
    expect(given()).toEqual([['new', 3]]);
    did('b', 5);
    expect(given()).toEqual([['b', 6]]);
  });

  it('wait with no worker that has others to do before it would come to them', () => {
    const { scheduler, submit, given, did } = setUp();
    submit(stage(0), [0, 1, 2, 3, 4, 5]);
    did('a', 0, 1, 2, 3, 4, 5);
    for (const worker of ['a', 'new']) scheduler.join(worker, 1);
    submit(stage(1), [0, 1, 2, 3, 4, 5]);
    // Beyond its slot each has what it keeps, and nobody has what another keeps.
    expect(given()).toEqual([
      ['a', 0],
      ['new', 5],
      ['a', 1],
    ]);
  });

  it.each<[string, (made: ReturnType<typeof afterFirstStage>) => void]>([
    ['was lost', ({ scheduler }) => scheduler.lost('b')],
    ['leaves', ({ scheduler }) => scheduler.leave('b')],
  ])('whose worker %s are done by whom there is, also ahead', (_, happen) => {
    const made = afterFirstStage(8);
    happen(made);
    made.scheduler.join('new', 1);
    made.submit(stage(1), made.all);
    expect(made.given()).toEqual([
      ['a', 1],
      ['new', 0],
      ['a', 3],
      ['new', 2],
    ]);
  });

  it('that their worker fails go to another one', () => {
    const { submit, given, fail, did } = afterFirstStage(2);
    submit(stage(1), [0, 1]);
    expect(given()).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    fail('b', 0);
    did('a', 1);
    expect(given()).toEqual([['a', 0]]);
  });
});

describe('batches of another round', () => {
  it.each([
    ['of the same run', 's3://runs/runs/r/fleet/round-1/stage-0/'],
    ['of another run', 's3://runs/runs/s/fleet/round-0/stage-0/'],
  ])('%s go to anybody, and so do those of the first one when it comes again', (_, out) => {
    const { submit, given } = afterFirstStage(2);
    for (const job of [out, stage(1)]) {
      submit(job, [0, 1]);
      expect(given()).toEqual([
        ['a', 0],
        ['b', 1],
      ]);
    }
  });

  it('are not remembered where there is but one map', () => {
    const { submit, given, did, scheduler } = setUp();
    for (const worker of ['a', 'b']) scheduler.join(worker, 1);
    for (let time = 0; time < 2; time += 1) {
      scheduler.submit(ROUND, [0, 1]);
      scheduler.complete('b', ROUND, 0, 1000);
      scheduler.complete('a', ROUND, 1, 1000);
    }
    submit(stage(0), [0, 1]);
    expect(given()).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    did('a', 0);
  });
});

/** What happens to workers between two looks of the head; a number picks the worker. */
const event = fc.record({
  kind: fc.constantFrom('finish', 'finish', 'finish', 'finish', 'join', 'die', 'giveBack', 'fail'),
  pick: fc.nat(1000),
});
const WORKERS = 4;

it('over all stages every batch is done once, and no worker has nothing to do while batches are queued', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.array(event, { maxLength: 60 }), { minLength: 1, maxLength: 4 }),
      (total, stages) => {
        const scheduler = new Scheduler(() => 0, { failuresOfBatch: 1e9, failuresOfWorker: 1e9 });
        const batches = Array.from({ length: total }, (_, batch) => batch);
        const held = new Map<string, Set<number>>();
        const join = (worker: string, slots: number) => {
          held.set(worker, new Set());
          scheduler.join(worker, slots);
        };
        for (const [number, events] of stages.entries()) {
          const job = stage(number);
          const accepted: number[] = [];
          const failed = new Map<number, Set<string>>();
          scheduler.submit(job, batches, roundOfStages(job));
          for (const batchesOfOne of held.values()) batchesOfOne.clear();
          const finish = (worker: string, batch: number) => {
            held.get(worker)?.delete(batch);
            if (scheduler.complete(worker, job, batch, 10) === 'accepted') accepted.push(batch);
          };
          const assign = () => {
            for (const { worker, batch } of scheduler.assign()) held.get(worker)?.add(batch);
            if (scheduler.counts.queued === 0 || scheduler.outcome !== undefined) return;
            for (const member of scheduler.members) {
              // Where it has failed a batch that others have not, they are to do it.
              const hasFailed = [...failed.values()].some((on) => on.has(member.id));
              if (member.state !== 'ALIVE' || hasFailed) continue;
              expect(member.leases.size).toBeGreaterThanOrEqual(member.slots);
            }
          };
          const apply = ({ kind, pick }: { kind: string; pick: number }) => {
            const worker = `w${pick % WORKERS}`;
            const batch = [...(held.get(worker) ?? [])][0];
            if (kind === 'join') join(worker, 1 + (pick % 3));
            if (kind === 'die' && held.delete(worker)) scheduler.lost(worker);
            if (batch === undefined) return;
            if (kind === 'finish') finish(worker, batch);
            if (kind === 'giveBack' || kind === 'fail') held.get(worker)?.delete(batch);
            if (kind === 'giveBack') scheduler.giveBack(worker, job, batch);
            if (kind === 'fail') {
              scheduler.fail(worker, job, batch, ERROR);
              failed.set(batch, (failed.get(batch) ?? new Set()).add(worker));
            }
          };
          assign();
          for (const one of events) {
            apply(one);
            assign();
          }
          // One more, which has failed nothing, so that all can be done.
          join(`of stage ${number}`, 2);
          for (let turn = 0; scheduler.outcome === undefined && turn < 4 * total; turn += 1) {
            assign();
            for (const [worker, own] of held) for (const batch of own) finish(worker, batch);
          }
          expect(scheduler.outcome).toEqual({});
          expect(accepted.toSorted((one, other) => one - other)).toEqual(batches);
        }
      },
    ),
    { numRuns: 500, seed: 20 },
  );
});

it('workers that stay get all of their batches again, whatever their slots are', () => {
  const slots = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(slots, fc.integer({ min: 1, max: 60 }), (fleet, total) => {
      const scheduler = new Scheduler(() => 0);
      for (const [index, own] of fleet.entries()) scheduler.join(`w${index}`, own);
      const batches = Array.from({ length: total }, (_, batch) => batch);
      const doneIn = (job: string) => {
        scheduler.submit(job, batches, roundOfStages(job));
        const by = new Map<number, string>();
        // All end what they do at the same time: then nobody has to help.
        const doing = new Map<string, number[]>();
        for (let turn = 0; by.size < total && turn <= total; turn += 1) {
          for (const { worker, batch } of scheduler.assign()) {
            doing.set(worker, [...(doing.get(worker) ?? []), batch]);
          }
          for (const [index, own] of fleet.entries()) {
            for (const batch of doing.get(`w${index}`)?.splice(0, own) ?? []) {
              by.set(batch, `w${index}`);
              scheduler.complete(`w${index}`, job, batch, 1000);
            }
          }
        }
        return by;
      };
      const first = doneIn(stage(0));
      expect(doneIn(stage(1))).toEqual(first);
    }),
    { numRuns: 300, seed: 21 },
  );
});
