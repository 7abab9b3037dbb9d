import { describe, expect, it } from 'vitest';
import { FanfleetError } from '../../../../src/errors.ts';
import { type KeptFleetReader, keptFleetIds } from '../../../../src/fleet/kept/files.ts';
import { joinKeptFleet } from '../../../../src/fleet/kept/join-fleet.ts';
import { resolveKeptFleet } from '../../../../src/fleet/kept/kept-fleet.ts';
import { resolveRun } from '../../../../src/run/run.ts';
import { DEPLOYMENT } from '../../../support/deployment.ts';
import { leastRequest } from '../../workloads/least-request.ts';

const VERSION = '1.2.3';
const fleet = (id: string, input: object = {}) => ({
  ...resolveKeptFleet(input, id, 7, { ...DEPLOYMENT, version: VERSION }),
  bundleKey: 'fleet-bundles/x.tar.gz',
});

/** A bucket that has these files. */
function bucket(files: Readonly<Record<string, unknown>>): KeptFleetReader {
  return {
    async get(key) {
      if (key in files) return Buffer.from(JSON.stringify(files[key]));
      throw new FanfleetError('OBJECT_NOT_FOUND', key, { source: 'aws' });
    },
    async *folders(prefix) {
      const keys = Object.keys(files).filter((key) => key.startsWith(prefix));
      yield* new Set(keys.sort().map((key) => key.slice(0, key.indexOf('/', prefix.length) + 1)));
    },
  };
}

describe('a kept fleet', () => {
  it('has the defaults of a run, ends when idle, and has the heartbeat of the stage', () => {
    expect(fleet('four.3', { workers: 4 })).toMatchObject({
      ...{ id: 'four.3', name: 'four', engine: 'daft', workers: 4, instanceTypes: ['t3.medium'] },
      ...{ market: 'on-demand', swap: 0, idle: 1_200, deadline: 14_400, heartbeat: 600, version: VERSION },
    });
  });

  it.each([{ idle: 5 }, { deadline: 119 }, { engine: 'hadoop' }, { workersMax: 3 }])(
    'is refused with %j',
    (input) => {
      expect(() => fleet('four.1', input)).toThrow(FanfleetError);
    },
  );

  it('is found by its name, the latest life of it last', async () => {
    const files = ['four.2', 'four.10', 'fourth.1', 'one.1'].map((id) => [
      `fleets/${id}/fleet.json`,
      fleet(id),
    ]);
    const store = bucket({ ...Object.fromEntries(files), 'fleets/four.10/jobs/000000001.json': {} });
    expect(await keptFleetIds(store, 'four')).toEqual(['four.2', 'four.10']);
    expect(await keptFleetIds(store)).toEqual(['four.2', 'four.10', 'fourth.1', 'one.1']);
  });
});

describe('a run for a kept fleet', () => {
  const store = bucket({
    'fleets/four.1/fleet.json': fleet('four.1', { engine: 'ray' }),
    'fleets/four.1/end.json': { endedAt: 9, reason: 'idle' },
    'fleets/four.2/fleet.json': fleet('four.2', { engine: 'dask', workers: 4, instanceType: 'c7g.large' }),
    'fleets/gone.1/fleet.json': fleet('gone.1'),
    'fleets/gone.1/end.json': { endedAt: 9, reason: 'idle' },
  });

  it('has what the fleet is, and its latest life', async () => {
    const { input, joined } = await joinKeptFleet(
      { prefix: 'x/', fleet: 'four', workers: 4 },
      store,
      VERSION,
    );
    const run = resolveRun(input, 'r', 0, DEPLOYMENT, joined);
    expect(run).toMatchObject({
      ...{ engine: 'dask', workers: 4, instanceTypes: ['c7g.large'] },
      keptFleet: { name: 'four', id: 'four.2' },
    });
  });

  it('leaves an input without a fleet as it is', async () => {
    const input = { prefix: 'x/', engine: 'ray' };
    expect(await joinKeptFleet(input, store, VERSION)).toEqual({ input, joined: null, heartbeat: null });
    expect(resolveRun(input, 'r', 0, DEPLOYMENT).keptFleet).toBeNull();
  });

  it.each([
    [
      { fleet: 'four', engine: 'ray', workers: 2 },
      VERSION,
      /INVALID_INPUT|"dask", as the kept fleet four has it.*4, as/,
    ],
    [{ fleet: 'four', instanceType: 't3.medium' }, VERSION, /c7g\.large.*`instanceTypes`/],
    [{ fleet: 'four', workersMax: 9 }, VERSION, /a kept fleet does not grow.*`workersMax`/],
    [
      { fleet: 'four' },
      '2.0.0',
      /Expected the kept fleet four to be of fanfleet 2\.0\.0.*stop it and start it again/,
    ],
    [{ fleet: 'gone' }, VERSION, /has ended \(idle\): start it again/],
    [{ fleet: 'never' }, VERSION, /there is none: start it with/],
  ])('is refused with %j of version %s', async (input, version, message) => {
    await expect(joinKeptFleet({ prefix: 'x/', ...input }, store, version)).rejects.toThrow(message);
  });

  it('has what runs models only where the fleet was started with it, or is the program that fetches it', async () => {
    // Prepare
    const fleets = bucket({
      'fleets/plain.1/fleet.json': fleet('plain.1', { engine: 'ray' }),
      'fleets/models.1/fleet.json': fleet('models.1', { engine: 'ray', models: true }),
      'fleets/program.1/fleet.json': fleet('program.1', { engine: 'grpc' }),
    });
    const join = (name: string, workload: unknown) =>
      joinKeptFleet({ prefix: 'x/', fleet: name, workload }, fleets, VERSION);

    // Act and assess
    const classify = leastRequest('classify');
    await expect(join('plain', classify)).rejects.toThrow(
      /^\[FLEET_WITHOUT_MODELS\] Expected the kept fleet plain to have .*`fanfleet fleet start plain --models`/,
    );
    for (const [name, workload] of [
      ['plain', { name: 'knn' }],
      ['plain', 'no workload'],
      ['models', classify],
      ['program', classify],
    ] as const)
      expect((await join(name, workload)).joined).toEqual({ name, id: `${name}.1` });
  });

  it('needs the fleet arm', () => {
    const input = { prefix: 'x/', arms: ['serverless'], fleet: 'four' };
    expect(() => resolveRun(input, 'r', 0, DEPLOYMENT)).toThrow(/`fleet`/);
  });
});
