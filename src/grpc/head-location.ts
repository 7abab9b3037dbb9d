import * as z from 'zod';
import { s3Address } from '../aws/s3-address.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';

/** Where a head listens, and its certificate (PEM): the object that only the roles of the run can write. */
export const headLocationSchema = z.object({
  url: z.url({ protocol: /^https$/ }),
  certificate: z.string().startsWith('-----BEGIN CERTIFICATE-----'),
});
export type HeadLocation = z.infer<typeof headLocationSchema>;

/** Bucket and key of `s3://bucket/some/key`. @throws FanfleetError `INVALID_INPUT` */
export function splitUri(uri: string): { readonly bucket: string; readonly key: string } {
  const address = s3Address(uri);
  if (address !== null) return address;
  const message = `Expected an address such as s3://bucket/key but received ${uri}.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

/** @param store the objects of its bucket @throws FanfleetError `OBJECT_NOT_FOUND` while no head has started, `INVALID_INPUT` */
export async function readHeadLocation(
  store: { readonly getJson: (key: string) => Promise<unknown> },
  key: string,
): Promise<HeadLocation> {
  return parse(headLocationSchema, await store.getJson(key), `The head's ${key}`);
}
