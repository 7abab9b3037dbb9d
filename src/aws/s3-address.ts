/** Bucket and key, or prefix, of `s3://bucket/some/key`; null where a text is none. */
export function s3Address(text: string): { readonly bucket: string; readonly key: string } | null {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text) ?? [];
  return bucket === undefined || key === undefined ? null : { bucket, key };
}
