import type { PriceName } from '../prices.ts';

/** What finds the one product of a price in AWS's price list. */
export interface ProductQuery {
  readonly serviceCode: string;
  readonly unit: string;
  /** Attributes that the price list filters by, beside the region. */
  readonly filters: Readonly<Record<string, string>>;
  /** Of the usage type without what stands for the region before it, such as `EUW1-`. */
  readonly usageType: RegExp;
}

const LAMBDA = 'AWSLambda';
const STATES = 'AmazonStates';
const S3 = 'AmazonS3';
const EC2 = 'AmazonEC2';
const CLOUD_WATCH = 'AmazonCloudWatch';

/** Each price that has a product of its own; transfer from S3 inside a region has none, since it costs nothing. */
export const PRODUCT_QUERIES: Readonly<Record<Exclude<PriceName, 'transferInRegionGb'>, ProductQuery>> = {
  lambdaX86GbSecond: {
    serviceCode: LAMBDA,
    unit: 'GB-s',
    filters: { group: 'AWS-Lambda-Duration' },
    usageType: /^Lambda-GB-Second$/,
  },
  lambdaArmGbSecond: {
    serviceCode: LAMBDA,
    unit: 'GB-s',
    filters: { group: 'AWS-Lambda-Duration-ARM' },
    usageType: /^Lambda-GB-Second(-ARM)?$/,
  },
  lambdaRequest: {
    serviceCode: LAMBDA,
    unit: 'request',
    filters: { group: 'AWS-Lambda-Requests' },
    usageType: /^Request$/,
  },
  lambdaStorageGbSecond: {
    serviceCode: LAMBDA,
    unit: 'GB-s',
    filters: { group: 'AWS-Lambda-Storage-Duration' },
    usageType: /^Lambda-Storage-GB-Second$/,
  },
  stepFunctionsTransition: {
    serviceCode: STATES,
    unit: 'transition',
    filters: {},
    usageType: /^StateTransition$/,
  },
  stepFunctionsExpressRequest: {
    serviceCode: STATES,
    unit: 'request',
    filters: {},
    usageType: /^StepFunctions-Request$/,
  },
  stepFunctionsExpressGbSecond: {
    serviceCode: STATES,
    unit: 'GB-s',
    filters: {},
    usageType: /^StepFunctions-GB-Second$/,
  },
  s3Put: {
    serviceCode: S3,
    unit: 'request',
    filters: { group: 'S3-API-Tier1' },
    usageType: /^Requests-Tier1$/,
  },
  s3Get: {
    serviceCode: S3,
    unit: 'request',
    filters: { group: 'S3-API-Tier2' },
    usageType: /^Requests-Tier2$/,
  },
  s3GbMonth: {
    serviceCode: S3,
    unit: 'GB-month',
    filters: { volumeType: 'Standard' },
    usageType: /^TimedStorage-ByteHrs$/,
  },
  ebsGp3GbMonth: {
    serviceCode: EC2,
    unit: 'GB-month',
    filters: { volumeApiName: 'gp3', productFamily: 'Storage' },
    usageType: /^EBS:VolumeUsage\.gp3$/,
  },
  ipv4Hour: {
    serviceCode: 'AmazonVPC',
    unit: 'hour',
    filters: { group: 'VPCPublicIPv4Address' },
    usageType: /^PublicIPv4:InUseAddress$/,
  },
  surplusVcpuHourT3: {
    serviceCode: EC2,
    unit: 'vCPU-hour',
    filters: { productFamily: 'CPU Credits', operatingSystem: 'Linux' },
    usageType: /^CPUCredits:t3$/,
  },
  surplusVcpuHourT4g: {
    serviceCode: EC2,
    unit: 'vCPU-hour',
    filters: { productFamily: 'CPU Credits', operatingSystem: 'Linux' },
    usageType: /^CPUCredits:t4g$/,
  },
  logsGb: {
    serviceCode: CLOUD_WATCH,
    unit: 'GB',
    filters: { group: 'Ingested Logs' },
    usageType: /^DataProcessing-Bytes$/,
  },
  metricMonth: {
    serviceCode: CLOUD_WATCH,
    unit: 'metric-month',
    filters: {},
    usageType: /^CW:MetricMonitorUsage$/,
  },
  kmsRequest: { serviceCode: 'awskms', unit: 'request', filters: {}, usageType: /^KMS-Requests$/ },
};

/** An On-Demand Linux instance that shares its host, without any licence. */
export const INSTANCE_FILTERS: Readonly<Record<string, string>> = {
  operatingSystem: 'Linux',
  tenancy: 'Shared',
  preInstalledSw: 'NA',
  capacitystatus: 'Used',
  operation: 'RunInstances',
};
