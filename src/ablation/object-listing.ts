import { compareKeys } from '../dataset/order.ts';
import { escapeXml } from './xml-text.ts';

/** Keys of a bucket with the sizes of their objects. */
export type Listed = readonly (readonly [key: string, size: number])[];

/** The objects with a prefix, in the order of S3. */
export function objectsUnder(
  objects: ReadonlyMap<string, { readonly size: number }>,
  prefix: string,
): Listed {
  return [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, { size }]) => [key, size] as const)
    .sort(([a], [b]) => compareKeys(a, b));
}

/** A page of a listing as `ListObjectsV2` answers, by the parameters of the request. */
export function listingXml(bucket: string, query: URLSearchParams, found: Listed): string {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const most = Number(query.get('max-keys') ?? 1000);
  const after = query.get('continuation-token') ?? query.get('start-after');
  const folders = new Set<string>();
  const contents: string[] = [];
  let last = '';
  let isTruncated = false;
  for (const [key, size] of found) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const place = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (folders.has(place) || (after !== null && compareKeys(place, after) <= 0)) continue;
    if (folders.size + contents.length >= most) {
      isTruncated = true;
      break;
    }
    last = place;
    if (cut >= 0) folders.add(place);
    else {
      contents.push(
        `<Contents><Key>${escapeXml(key)}</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified><ETag>${escapeXml(etagOf(size))}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
      );
    }
  }
  const next = isTruncated ? `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>` : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${folders.size + contents.length}</KeyCount>`,
    `<MaxKeys>${most}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${next}`,
    ...contents,
    ...[...folders].map((folder) => `<CommonPrefixes><Prefix>${escapeXml(folder)}</Prefix></CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('');
}

/** Engines want one, and compare it with nothing. */
export function etagOf(size: number): string {
  return `"${size}"`;
}
