import {
  type _InstanceType,
  CreateImageCommand,
  DescribeInstancesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
} from '@aws-sdk/client-ec2';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { architecture } from '../contract/architecture.ts';
import { ENGINE_NAMES } from '../contract/engines.ts';
import { FanfleetError } from '../errors.ts';
import { type Bundle, uploadBundle } from './bundle.ts';
import { imageId } from './launch-template.ts';
import { fleetNetwork } from './network.ts';
import { userData } from './user-data.ts';

export interface BakeOptions {
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly stage: string;
  readonly region: string;
  /** Only offline: where AWS is for the instance. */
  readonly endpoint: string | undefined;
  readonly runsBucket: string;
  readonly instanceProfile: string;
  readonly subnets: 'default' | readonly string[];
  /** Of the processor that the image is for. */
  readonly instanceType: string;
  /** The image to begin with; see `imageId`. */
  readonly baseParameter: string;
  readonly bundle: Bundle;
  /** The boot script of the role `image`. */
  readonly script: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Seconds between two looks at what EC2 is doing. */
  readonly pollS: number;
  readonly sleep: (ms: number) => Promise<void>;
}

const DEADLINE_S = 1_800;
const IMAGE_WAIT_S = 3_600;
const END_WAIT_S = 600;
/** No larger than the volume of the fleet's instances, which is made from it. */
const VOLUME_GIB = 16;

export interface BakedImage {
  readonly imageId: string;
  /** The SSM parameter that has its id from now on. */
  readonly parameter: string;
}

/** The name of the parameter with the image of a stage, as `amiParameter` takes it. */
export function imageParameter(stage: string): string {
  return `/fanfleet-images/${stage}/{architecture}`;
}

/**
 * Make a machine image that has all that the fleet's instances would install: boot an instance, let it install for
 * every engine, and make an image of its disk. The instance is terminated whatever happens.
 *
 * @throws FanfleetError `IMAGE_NOT_MADE` with the end of the console where the boot failed
 */
export async function bakeImage(options: BakeOptions): Promise<BakedImage> {
  const { ec2, ssm, stage, instanceType } = options;
  await uploadBundle(options.s3, options.runsBucket, options.bundle);
  const receiptKey = `fleet-images/${stage}-${options.now}.json`;
  const instanceId = await startInstance(options, receiptKey);
  try {
    await untilState(options, instanceId, 'stopped', DEADLINE_S + 600);
    await expectReceipt(options, receiptKey, instanceId);
    const created = await ec2.send(
      new CreateImageCommand({
        InstanceId: instanceId,
        Name: `fanfleet-${stage}-${architecture(instanceType)}-${options.now}`,
        Description: `Engines of fanfleet, bundle ${options.bundle.sha256.slice(0, 16)}`,
        TagSpecifications: (['image', 'snapshot'] as const).map((ResourceType) => ({
          ResourceType,
          Tags: [{ Key: 'fanfleet:stage', Value: stage }],
        })),
      }),
    );
    const id = created.ImageId ?? '';
    const { pollS } = options;
    await waitUntilImageAvailable(
      { client: ec2, minDelay: pollS, maxDelay: pollS, maxWaitTime: IMAGE_WAIT_S },
      { ImageIds: [id] },
    );
    const parameter = imageParameter(stage).replace('{architecture}', architecture(instanceType));
    await ssm.send(
      new PutParameterCommand({
        Name: parameter,
        Value: id,
        Type: 'String',
        DataType: 'aws:ec2:image',
        Overwrite: true,
      }),
    );
    return { imageId: id, parameter };
  } finally {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await untilState(options, instanceId, 'terminated', END_WAIT_S);
  }
}

async function startInstance(options: BakeOptions, receiptKey: string): Promise<string> {
  const { ec2, stage, instanceType } = options;
  const { subnetIds } = await fleetNetwork(ec2, options.subnets);
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: imageId(options.baseParameter, instanceType),
      InstanceType: instanceType as _InstanceType,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetIds[0],
      IamInstanceProfile: { Name: options.instanceProfile },
      // It stops itself when it is done; its disk is still needed then.
      InstanceInitiatedShutdownBehavior: 'stop',
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeType: 'gp3', VolumeSize: VOLUME_GIB, Encrypted: true, DeleteOnTermination: true },
        },
      ],
      TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({
        ResourceType,
        Tags: [
          { Key: 'Name', Value: `fanfleet-${stage}-image` },
          { Key: 'fanfleet:stage', Value: stage },
        ],
      })),
      UserData: userData(options.script, {
        FANFLEET_REGION: options.region,
        FANFLEET_RUNS_BUCKET: options.runsBucket,
        ...(options.endpoint === undefined ? {} : { FANFLEET_ENDPOINT_URL: options.endpoint }),
        FANFLEET_BUNDLE_KEY: options.bundle.key,
        FANFLEET_BUNDLE_SHA256: options.bundle.sha256,
        FANFLEET_ENGINE: ENGINE_NAMES.join(' '),
        FANFLEET_MODELS: 'true',
        FANFLEET_DEADLINE_S: String(DEADLINE_S),
        FANFLEET_RECEIPT_KEY: receiptKey,
      }),
    }),
  );
  if (instance?.InstanceId !== undefined) return instance.InstanceId;
  throw new FanfleetError('IMAGE_NOT_MADE', 'Expected EC2 to start an instance but it gave none.', {
    source: 'aws',
  });
}

/** The SDK's waiters will not do: that for `stopped` takes a `pending` instance for one that has failed. */
async function untilState(
  { ec2, pollS, sleep }: BakeOptions,
  instanceId: string,
  wanted: 'stopped' | 'terminated',
  mostS: number,
): Promise<void> {
  let state: string | undefined;
  for (let waitedS = 0; waitedS <= mostS; waitedS += pollS) {
    await sleep(pollS * 1_000);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    state = Reservations[0]?.Instances?.[0]?.State?.Name;
    if (state === wanted) return;
    if (state === 'terminated') break;
  }
  throw new FanfleetError(
    'IMAGE_NOT_MADE',
    `Expected ${instanceId} to be ${wanted} within ${mostS} s but it is ${state}; look for it in the EC2 console.`,
    { source: 'aws' },
  );
}

/** An instance that stopped without a receipt has failed. */
async function expectReceipt(options: BakeOptions, key: string, instanceId: string): Promise<void> {
  try {
    await options.s3.send(new GetObjectCommand({ Bucket: options.runsBucket, Key: key }));
  } catch (cause) {
    const { Output = '' } = await options.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId }));
    const console = Buffer.from(Output, 'base64').toString('utf8').trim().split('\n').slice(-10).join('\n');
    throw new FanfleetError(
      'IMAGE_NOT_MADE',
      `Expected ${instanceId} to install the engines but it did not. The end of its console:\n${console}`,
      { cause, source: 'aws' },
    );
  }
}
