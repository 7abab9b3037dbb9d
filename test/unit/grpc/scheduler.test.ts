import { describe, expect, it } from 'vitest';
import type { SchedulerOptions } from '../../../src/grpc/scheduler/options.ts';
import { Scheduler } from '../../../src/grpc/scheduler/scheduler.ts';

const JOB = 'job';
const ERROR = { code: 'S3', message: 'no' };

function setUp(batches: number, options: Partial<SchedulerOptions> = {}) {
  const clock = { now: 0 };
  const scheduler = new Scheduler(() => clock.now, options);
  scheduler.submit(JOB, [...new Array(batches).keys()]);
  const given = () => scheduler.assign().map(({ worker, batch }) => [worker, batch]);
  const state = (id: string) => [...scheduler.members].find((member) => member.id === id)?.state;
  return { clock, scheduler, given, state };
}

it('a job that is dropped leaves nothing with anybody, and the next one finds free workers', () => {
  const { scheduler, given } = setUp(4);
  scheduler.join('a', 2);
  expect(given()).toHaveLength(2);
  scheduler.submit(undefined, []);
  expect([scheduler.counts, scheduler.outcome]).toEqual([
    { queued: 0, leased: 0, done: 0, total: 0 },
    undefined,
  ]);
  expect(given()).toEqual([]);
  expect(scheduler.complete('a', JOB, 0, 10)).toBe('unknown');
  scheduler.submit('next', [7]);
  expect(given()).toEqual([['a', 7]]);
});

describe('leases', () => {
  it('fill the slots of all workers before anyone gets more', () => {
    const { scheduler, given } = setUp(6);
    scheduler.join('a', 2);
    scheduler.join('b', 4);
    expect(given().map(([worker]) => worker)).toEqual(['a', 'b', 'b', 'a', 'b', 'b']);
  });

  it('are so many that a worker is busy while orders are on their way, and no more', () => {
    const { scheduler, given } = setUp(100, { aheadMs: 250, aheadPerSlot: 8 });
    scheduler.join('slow', 1);
    expect(given()).toHaveLength(2);
    scheduler.complete('slow', JOB, 0, 5_000);
    expect(given()).toHaveLength(1);

    scheduler.join('fast', 1);
    const first = given()[0]?.[1] as number;
    scheduler.complete('fast', JOB, first, 50);
    // One at work and one behind it; then what it does in 250 ms.
    expect(given().filter(([worker]) => worker === 'fast')).toHaveLength(5);
  });

  it('of the last batches go to workers that are free, and wait behind no other batch', () => {
    const { scheduler, given } = setUp(5);
    scheduler.join('slow', 1);
    scheduler.join('fast', 1);
    expect(given()).toEqual([
      ['slow', 0],
      ['fast', 1],
      ['slow', 2],
    ]);
    for (const [done, next] of [
      [1, 3],
      [3, 4],
    ] as const) {
      scheduler.complete('fast', JOB, done, 100);
      expect(given()).toEqual([['fast', next]]);
    }
  });

  it('last as long as the worker says that it has the batch', () => {
    const { clock, scheduler, given } = setUp(3, { leaseMs: 100, silenceMs: 1_000 });
    scheduler.join('a', 1);
    expect(given()).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
    for (clock.now = 60; clock.now <= 300; clock.now += 60) {
      scheduler.heard('a', [0]);
      scheduler.expire();
    }
    expect(scheduler.counts).toMatchObject({ queued: 2, leased: 1 });
    scheduler.join('b', 1);
    expect(given()).toEqual([['b', 1]]);
  });

  it('end with a worker that is silent, or whose connection is gone', () => {
    const { clock, scheduler, given, state } = setUp(2, { silenceMs: 100 });
    scheduler.join('a', 1);
    scheduler.join('b', 1);
    expect(given()).toHaveLength(2);
    clock.now = 90;
    scheduler.heard('b', [1]);
    clock.now = 150;
    expect(scheduler.expire()).toEqual(['a']);
    expect(given()).toEqual([]);
    scheduler.complete('b', JOB, 1, 150);
    expect(given()).toEqual([['b', 0]]);
    scheduler.lost('b');
    expect([state('a'), state('b')]).toEqual(['DEAD', 'DEAD']);
    expect(scheduler.counts).toEqual({ queued: 1, leased: 0, done: 1, total: 2 });
  });

  it('that a worker goes on with when it comes back stay with it; the others do not', () => {
    const { scheduler, given } = setUp(2);
    scheduler.join('a', 1);
    given();
    scheduler.lost('a');
    scheduler.join('a', 1, JOB, [1]);
    expect(scheduler.counts).toMatchObject({ queued: 1, leased: 1 });
    scheduler.join('b', 1);
    expect(given()).toEqual([['b', 0]]);
  });

  it('of workers that were there before the job are not queued', () => {
    const scheduler = new Scheduler(() => 0);
    scheduler.join('a', 1, JOB, [3]);
    scheduler.submit(JOB, [2, 3]);
    expect(scheduler.counts).toMatchObject({ queued: 1, leased: 1 });
  });
});

describe('a batch', () => {
  it('is accepted once', () => {
    const { scheduler, given } = setUp(1);
    scheduler.join('a', 1);
    given();
    scheduler.lost('a');
    scheduler.join('b', 1);
    given();
    expect(scheduler.complete('a', JOB, 0, 1)).toBe('accepted');
    expect(scheduler.complete('b', JOB, 0, 1)).toBe('repeated');
    expect(scheduler.complete('b', JOB, 7, 1)).toBe('unknown');
    expect(scheduler.complete('b', 'another', 0, 1)).toBe('unknown');
    expect(scheduler.outcome).toEqual({});
    expect(scheduler.counts.done).toBe(1);
  });

  it('goes to a worker that has not failed it, and fails the job when three have', () => {
    const { scheduler, given } = setUp(1);
    for (const id of ['a', 'b', 'c']) {
      scheduler.join(id, 1);
      expect(given()).toEqual([[id, 0]]);
      expect(scheduler.outcome).toBeUndefined();
      scheduler.fail(id, JOB, 0, ERROR);
      if (id !== 'c') scheduler.join(`still ${id}`, 1);
      if (id !== 'c') scheduler.leave(`still ${id}`);
    }
    expect(scheduler.outcome).toEqual({ failed: ERROR });
    expect(given()).toEqual([]);
  });

  it('fails the job where the only worker has tried it three times', () => {
    const { scheduler, given } = setUp(1);
    scheduler.join('a', 1);
    for (let time = 0; time < 3; time += 1) {
      expect(given()).toEqual([['a', 0]]);
      scheduler.fail('a', JOB, 0, ERROR);
    }
    expect(scheduler.outcome).toEqual({ failed: ERROR });
  });
});

describe('a worker', () => {
  it('that only fails gets nothing while another is well', () => {
    const { scheduler, given } = setUp(20, { failuresOfWorker: 2 });
    scheduler.join('ill', 2);
    for (const [, batch] of given().slice(0, 2)) scheduler.fail('ill', JOB, batch as number, ERROR);
    scheduler.join('well', 2);
    expect(new Set(given().map(([worker]) => worker))).toEqual(new Set(['well']));
    scheduler.lost('well');
    expect(given().map(([worker]) => worker)).toContain('ill');
  });

  it('that leaves gets nothing more, and goes when it has nothing left', () => {
    const { scheduler, given, state } = setUp(3);
    scheduler.join('a', 1);
    given();
    scheduler.leave('a');
    scheduler.giveBack('a', JOB, 1);
    expect(given()).toEqual([]);
    expect(scheduler.mayGo('a')).toBe(false);
    scheduler.complete('a', JOB, 0, 1);
    expect(scheduler.mayGo('a')).toBe(true);
    scheduler.lost('a');
    expect(state('a')).toBe('LEFT');
    expect(scheduler.counts.queued).toBe(2);
  });

  it('is sent away, once it has finished, when the head drains', () => {
    const { scheduler, given, state } = setUp(1);
    scheduler.join('a', 1);
    given();
    scheduler.drain();
    scheduler.join('b', 1);
    expect(given()).toEqual([]);
    expect([scheduler.mayGo('a'), scheduler.mayGo('b')]).toEqual([false, true]);
    scheduler.lost('b');
    expect(state('b')).toBe('LEFT');
  });
});

describe('stragglers', () => {
  const late = () => {
    const made = setUp(3, { stragglerFactor: 2, silenceMs: 1e6, leaseMs: 1e6 });
    made.scheduler.join('slow', 1);
    made.scheduler.join('fast', 1);
    expect(made.given()).toEqual([
      ['slow', 0],
      ['fast', 1],
    ]);
    made.scheduler.complete('fast', JOB, 1, 100);
    expect(made.given()).toEqual([['fast', 2]]);
    made.scheduler.complete('fast', JOB, 2, 100);
    return made;
  };

  it('are copied once, to a worker with nothing to do, when the queue is empty', () => {
    const { clock, scheduler, given } = late();
    clock.now = 200;
    expect(given()).toEqual([]);
    clock.now = 201;
    expect(given()).toEqual([['fast', 0]]);
    scheduler.join('idle', 1);
    expect(given()).toEqual([]);
  });

  it('are done when the first of the two has done them', () => {
    const { clock, scheduler, given } = late();
    clock.now = 201;
    given();
    expect(scheduler.complete('fast', JOB, 0, 100)).toBe('accepted');
    expect(scheduler.outcome).toEqual({});
    expect(scheduler.complete('slow', JOB, 0, 900)).toBe('repeated');
  });
});

describe('what the head has seen', () => {
  it('is when it gave a batch out and when it accepted the result, of the worker whose result it was', () => {
    const { clock, scheduler, given } = setUp(3);
    clock.now = 1000;
    scheduler.join('a', 1);
    scheduler.join('b', 1);
    expect(given()).toContainEqual(['a', 0]);
    clock.now = 1700;
    scheduler.complete('a', JOB, 0, 700);
    clock.now = 1800;
    scheduler.complete('a', JOB, 0, 700);
    // A worker that has joined again tells of a batch that was not leased in this life of the head
    scheduler.complete('late', JOB, 2, 10);
    expect([...scheduler.seen()]).toEqual([
      { batch: 0, worker: 'a', givenAt: 1000, seenAt: 1700 },
      { batch: 2, worker: 'late', givenAt: null, seenAt: 1800 },
    ]);
  });
});
