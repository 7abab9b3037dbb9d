import * as z from 'zod';
import { booleanText, integerText, tagSpecifications } from './input.ts';

const ebs = z.strictObject({
  VolumeSize: integerText(1, 65_536).optional(),
  VolumeType: z.enum(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']).optional(),
  Iops: integerText(100, 256_000).optional(),
  Throughput: integerText(125, 2_000).optional(),
  Encrypted: booleanText.optional(),
  KmsKeyId: z.string().optional(),
  SnapshotId: z.string().optional(),
  DeleteOnTermination: booleanText.default(true),
});

const networkInterface = z.strictObject({
  DeviceIndex: integerText(0, 0),
  SubnetId: z.string().optional(),
  SecurityGroupId: z.array(z.string()).default([]),
  AssociatePublicIpAddress: booleanText.optional(),
  DeleteOnTermination: booleanText.optional(),
  Description: z.string().optional(),
});

const spotOptions = z.strictObject({
  MaxPrice: z.string().optional(),
  SpotInstanceType: z.literal('one-time').optional(),
  InstanceInterruptionBehavior: z.literal('terminate').optional(),
});

/** What an instance is launched as: the same words in RunInstances and in the data of a launch template. */
export const launchShape = {
  ImageId: z.string().optional(),
  InstanceType: z.string().optional(),
  UserData: z.string().optional(),
  SecurityGroupId: z.array(z.string()).default([]),
  SecurityGroup: z.array(z.string()).default([]),
  NetworkInterface: z.array(networkInterface).max(1).default([]),
  IamInstanceProfile: z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() }).optional(),
  MetadataOptions: z
    .strictObject({
      HttpTokens: z.enum(['required', 'optional']).default('required'),
      HttpEndpoint: z.enum(['enabled', 'disabled']).default('enabled'),
      HttpPutResponseHopLimit: integerText(1, 64).default(1),
      InstanceMetadataTags: z.enum(['enabled', 'disabled']).default('disabled'),
    })
    .prefault({}),
  BlockDeviceMapping: z
    .array(
      z.strictObject({ DeviceName: z.string().min(1), Ebs: ebs.optional(), NoDevice: z.string().optional() }),
    )
    .max(40)
    .default([]),
  InstanceInitiatedShutdownBehavior: z.enum(['stop', 'terminate']).default('stop'),
  InstanceMarketOptions: z
    .strictObject({ MarketType: z.literal('spot'), SpotOptions: spotOptions.optional() })
    .optional(),
  TagSpecification: tagSpecifications,
  // What has no effect on a local host, but is no mistake either.
  EbsOptimized: booleanText.optional(),
  Monitoring: z.strictObject({ Enabled: booleanText }).optional(),
  CreditSpecification: z.strictObject({ CpuCredits: z.enum(['standard', 'unlimited']) }).optional(),
  Placement: z
    .strictObject({ AvailabilityZone: z.string().optional(), Tenancy: z.literal('default').optional() })
    .optional(),
};

const launchData = z.strictObject(launchShape);
export type LaunchData = z.output<typeof launchData>;
