/** A price that one product of AWS's price list has. */
export interface ListedPrice {
  readonly serviceCode: string;
  readonly unit: string;
  /** Attributes that the price list filters by, beside the region. */
  readonly filters: Readonly<Record<string, string>>;
  /** Of the usage type without what stands for the region before it, such as `EUW1-`. */
  readonly usageType: RegExp;
  /** False for what a region may lack; then nothing can be billed by it. */
  readonly isEverywhere?: false;
}

/** What costs nothing has no product. */
export interface FreePrice {
  readonly unit: string;
  /** The page that says so. */
  readonly free: string;
}

const LAMBDA = 'AWSLambda';
const STATES = 'AmazonStates';
const S3 = 'AmazonS3';
const EC2 = 'AmazonEC2';
const CLOUD_WATCH = 'AmazonCloudWatch';

/** Usage types: S3 User Guide, "Understanding your AWS billing and usage reports". */
const s3Product = (unit: string, usageType: RegExp): ListedPrice => ({
  serviceCode: S3,
  unit,
  filters: {},
  usageType,
});

/** All that fanfleet bills, by name. A price that is new is a row here and in the snapshots; an older stored list is still read. */
export const PRICE_ROWS = {
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
  s3GetExpress: { ...s3Product('request', /^Requests-XZ-Tier2$/), isEverywhere: false },
  s3RetrievalStandardIaGb: s3Product('GB', /^Retrieval-SIA$/),
  s3RetrievalOneZoneIaGb: s3Product('GB', /^Retrieval-ZIA$/),
  s3RetrievalGlacierIrGb: s3Product('GB', /^Retrieval-GIR$/),
  s3RetrievalExpressGb: { ...s3Product('GB', /^Retrieval-XZ$/), isEverywhere: false },
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
  transferInRegionGb: { unit: 'GB', free: 'https://aws.amazon.com/ec2/pricing/on-demand/' },
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
} as const satisfies Readonly<Record<string, ListedPrice | FreePrice>>;

export type PriceName = keyof typeof PRICE_ROWS;
export const PRICE_NAMES = Object.keys(PRICE_ROWS) as [PriceName, ...PriceName[]];
