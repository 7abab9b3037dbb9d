import { describe, expect, it } from 'vitest';
import { parseSide, requestOfSide } from '../../../src/compare/side.ts';

const sides = (a: string, b: string) => [parseSide(a, 'A'), parseSide(b, 'B')] as const;
/** The requests of both sides. */
function requests(a: string, b: string, common: Record<string, unknown> = {}) {
  const [one, two] = sides(a, b);
  const shared = { prefix: 'photos/', ...common };
  return [requestOfSide(shared, one, two), requestOfSide(shared, two, one)];
}

describe('parseSide', () => {
  it('reads an arm and its settings, by the names of the options', () => {
    expect(parseSide('fleet,engine=ray, workers=4,instance-types=c7g.large+c6g.large', 'A')).toEqual({
      label: 'fleet,engine=ray,workers=4,instance-types=c7g.large+c6g.large',
      arm: 'fleet',
      stage: null,
      architecture: null,
      settings: { engine: 'ray', workers: 4, instanceTypes: ['c7g.large', 'c6g.large'] },
    });
    expect(parseSide('serverless,architecture=arm64,stage=prod-arm,batch-size=50', 'B')).toMatchObject({
      ...{ arm: 'serverless', architecture: 'arm64', stage: 'prod-arm', settings: { batchSize: 50 } },
    });
  });

  it.each([
    ['lambda,memory=512', 'an arm (`serverless` or `fleet`)'],
    ['', 'an arm (`serverless` or `fleet`)'],
    [
      'serverless,workers=4',
      'one of memory, concurrency, batch-size, tolerated-failures, architecture, stage',
    ],
    ['fleet,memory=512', 'one of fleet, engine, workers,'],
    ['serverless,prefix=a/', 'received "prefix"'],
    ['serverless,memory', 'a value, as in `name=value`'],
    ['serverless,memory=', 'a value, as in `name=value`'],
    ['serverless,memory=512,memory=1024', 'one value for `memory`'],
    ['serverless,architecture=sparc', 'one of "arm64", "x86_64" for `architecture`'],
  ])('refuses %j', (text, said) => {
    expect(() => parseSide(text, 'A')).toThrow(said);
  });

  it('lists every problem at once', () => {
    expect(() => parseSide('serverless,cores=2,memory', 'A')).toThrow(/"cores".*`memory`/);
  });
});

describe('requestOfSide', () => {
  it('is one arm, once, with what is common but for its own settings', () => {
    expect(requests('serverless,batch-size=500', 'serverless', { batchSize: 50, memory: 512 })).toEqual([
      { prefix: 'photos/', batchSize: 500, memory: 512, arms: ['serverless'], repeats: 1, baseline: false },
      { prefix: 'photos/', batchSize: 50, memory: 512, arms: ['serverless'], repeats: 1, baseline: false },
    ]);
  });

  it.each([
    ['as many as either has workers, of two fleets', 'fleet,workers=6', 'fleet', 6, 6],
    ['that of the functions beside it', 'fleet,workers=6', 'serverless,concurrency=9', 9, 9],
    ['as deployed, as that of the functions', 'fleet,workers=6', 'serverless', undefined, undefined],
    ['its own, of functions', 'serverless,concurrency=3', 'serverless', 3, undefined],
  ])('has a concurrency that cuts both into the same batches: %s', (_, a, b, ofA, ofB) => {
    expect(requests(a, b).map(({ concurrency }) => concurrency)).toEqual([ofA, ofB]);
  });

  it('has the instance types of its own instead of the type of both', () => {
    const [a, b] = requests('fleet,instance-types=c7g.large+c6g.large', 'fleet', {
      instanceType: 't3.small',
    });
    expect(a).toMatchObject({ instanceTypes: ['c7g.large', 'c6g.large'] });
    expect(a).not.toHaveProperty('instanceType');
    expect(b).toMatchObject({ instanceType: 't3.small' });
  });

  it.each([
    [
      'serverless,memory=1',
      'The request of serverless,memory=1 is not valid. Expected number of at least 512',
    ],
    ['serverless,memory=much', 'Expected number for `memory` but received "much"'],
    ['fleet,engine=hadoop', 'for `engine`'],
    ['fleet,workers=2,workers-max=4', 'nothing unless `engine` is "grpc"'],
  ])('is refused where a run would refuse it: %s', (text, said) => {
    expect(() => requests(text, 'serverless')).toThrow(said);
  });
});
