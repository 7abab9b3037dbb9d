/**
 * The header of a request to a bucket whose requester pays for requests and transfer. S3 passes it over where the owner does
 * (Amazon S3 User Guide, "Using Requester Pays general purpose buckets").
 */
export function payer(requesterPays: boolean): Readonly<Record<string, string>> {
  return requesterPays ? { 'x-amz-request-payer': 'requester' } : {};
}
