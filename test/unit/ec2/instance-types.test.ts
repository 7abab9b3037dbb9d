import { describe, expect, it } from 'vitest';
import { INSTANCE_TYPES } from '../../../localstack/ec2/api/instance-types.ts';

describe('INSTANCE_TYPES', () => {
  it.each([
    ['t3.small', 'x86_64', 2, 2_048, true],
    ['t4g.medium', 'arm64', 2, 4_096, true],
    ['c7g.medium', 'arm64', 1, 2_048, false],
    ['c7g.large', 'arm64', 2, 4_096, false],
    ['c6i.large', 'x86_64', 2, 4_096, false],
    ['c7a.large', 'x86_64', 2, 4_096, false],
    ['m7i.2xlarge', 'x86_64', 8, 32_768, false],
    ['r6g.16xlarge', 'arm64', 64, 524_288, false],
  ])('%s', (name, architecture, vCpus, memoryMiB, burstable) => {
    expect(INSTANCE_TYPES.get(name)).toMatchObject({ name, architecture, vCpus, memoryMiB, burstable });
  });

  it('has no type that does not exist', () => {
    for (const name of ['c6i.medium', 'c7g.24xlarge', 't3.4xlarge', 'm6a.medium']) {
      expect(INSTANCE_TYPES.has(name)).toBe(false);
    }
  });
});
