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

/** Usage types: S3 User Guide, "Understanding your AWS billing and usage reports". */
const s3Product = (unit: string, usageType: RegExp): ProductQuery => ({
  serviceCode: S3,
  unit,
  filters: {},
  usageType,
});

/** What a region may lack; then nothing can be billed by it. */
export const NOT_EVERYWHERE: readonly PriceName[] = ['s3GetExpress', 's3RetrievalExpressGb'];

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
  s3GetStandardIa: s3Product('request', /^Requests-SIA-Tier2$/),
  s3GetOneZoneIa: s3Product('request', /^Requests-ZIA-Tier2$/),
  s3GetGlacierIr: s3Product('request', /^Requests-GIR-Tier2$/),
  s3GetExpress: s3Product('request', /^Requests-XZ-Tier2$/),
  s3RetrievalStandardIaGb: s3Product('GB', /^Retrieval-SIA$/),
  s3RetrievalOneZoneIaGb: s3Product('GB', /^Retrieval-ZIA$/),
  s3RetrievalGlacierIrGb: s3Product('GB', /^Retrieval-GIR$/),
  s3RetrievalExpressGb: s3Product('GB', /^Retrieval-XZ$/),
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
