import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';

/** The offline AWS takes twelve digits for the access key of the account with this number. */
const OWNER = '111122223333';

export type ForeignBucketOptions = {
  /** Keys that nobody else may read, or `all`. @default none */
  readonly denied?: readonly string[] | 'all';
  /** @default its owner does */
  readonly requesterPays?: boolean;
};

/**
 * A bucket of another account, which everybody may list, and whose objects everybody may read but for some.
 *
 * @param client where the offline AWS is
 */
export async function openForeignBucket(
  client: { readonly endpoint: string; readonly region: string },
  bucket: string,
  { denied = [], requesterPays = false }: ForeignBucketOptions = {},
) {
  const credentials = { accessKeyId: OWNER, secretAccessKey: 'test' };
  const s3 = new S3Client({ ...client, credentials, forcePathStyle: true });
  const arn = `arn:aws:s3:::${bucket}`;
  const refused = denied === 'all' ? [`${arn}/*`] : denied.map((key) => `${arn}/${key}`);
  const statement = (Effect: 'Allow' | 'Deny', Action: string, Resource: string | readonly string[]) => ({
    ...{ Effect, Action, Resource },
    Principal: '*',
  });
  const Statement = [
    statement('Allow', 's3:ListBucket', arn),
    statement('Allow', 's3:GetObject', `${arn}/*`),
    ...(refused.length === 0 ? [] : [statement('Deny', 's3:GetObject', refused)]),
  ];
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  if (requesterPays) {
    const RequestPaymentConfiguration = { Payer: 'Requester' } as const;
    await s3.send(new PutBucketRequestPaymentCommand({ Bucket: bucket, RequestPaymentConfiguration }));
  }
  return {
    bucket,
    /** A client of its owner. */
    s3,
    put: async (key: string, body: Buffer | string, changes: Partial<PutObjectCommandInput> = {}) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...changes }));
    },
    close: () => s3.destroy(),
  };
}
