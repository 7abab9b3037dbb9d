import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BakeOptions, bakeImage, imageParameter } from '../../../src/fleet/bake-image.ts';
import { readBootScript } from '../../../src/fleet/boot-script.ts';
import { packBundle } from '../../../src/fleet/bundle.ts';
import { SETTINGS, useFleets } from '../../support/launched-fleet.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const fleets = useFleets({
  environment: { FANFLEET_IMAGE_VENV: join(ROOT, '.venv'), PATH: process.env.PATH ?? '' },
  readParameter: async (Name) => (await fleets.ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value,
});
const { fleet, launch, instances, terminate } = fleets;

describe('bakeImage', () => {
  let options: BakeOptions;
  beforeAll(async () => {
    await fleets.s3.send(new CreateBucketCommand({ Bucket: 'runs' }));
    options = {
      ec2: fleets.ec2,
      s3: fleets.s3,
      ssm: fleets.ssm,
      stage: 'test',
      region: 'us-east-1',
      endpoint: fleets.endpoint,
      runsBucket: 'runs',
      instanceProfile: SETTINGS.instanceProfile,
      subnets: 'default',
      instanceType: 't4g.medium',
      baseParameter: SETTINGS.amiParameter,
      bundle: await packBundle(ROOT),
      script: await readBootScript(ROOT, 'image'),
      now: 1,
      pollS: 0.2,
      sleep,
    };
  });

  it('makes an image that a fleet can be launched from, and leaves no instance', async () => {
    // Act
    const { imageId, parameter } = await bakeImage(options);

    // Assess
    expect(await instances({})).toEqual([]);
    expect(parameter).toBe('/fanfleet-images/test/arm64');
    const { Images = [] } = await fleets.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    expect(Images).toMatchObject([{ ImageId: imageId, Architecture: 'arm64', State: 'available' }]);
    const settings = { ...SETTINGS, amiParameter: imageParameter('test') };
    const next = fleet({ instanceType: 'c7g.large', workers: 1 }, { settings });
    await launch(next);
    expect((await instances(next)).map(({ ImageId }) => ImageId)).toEqual([imageId, imageId]);
    await terminate(next);
  });

  it('makes none where the boot fails, says what the console said, and leaves no instance', async () => {
    const bundle = { ...options.bundle, sha256: '0'.repeat(64) };
    await expect(bakeImage({ ...options, bundle, now: 2 })).rejects.toMatchObject({
      code: 'IMAGE_NOT_MADE',
      message: expect.stringContaining('image failed in step bundle'),
    });
    expect(await instances({})).toEqual([]);
    const { Images = [] } = await fleets.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    expect(Images).toHaveLength(1);
  });
});
