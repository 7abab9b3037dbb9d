import type { ClassTally } from '../contract/plan.ts';
import type { Unit } from '../contract/unit.ts';
import type { PriceName } from '../prices/price-rows.ts';

/** How S3 bills the reading of a storage class: by GET, and by GB where there is a price of that. */
export interface ReadPrices {
  readonly get: PriceName;
  readonly retrieval: PriceName | null;
}

const AS_STANDARD: ReadPrices = { get: 's3Get', retrieval: null };

/** Storage classes by the name that a listing has for them: https://aws.amazon.com/s3/pricing/. */
const READ_PRICES: Readonly<Record<string, ReadPrices>> = {
  STANDARD: AS_STANDARD,
  INTELLIGENT_TIERING: AS_STANDARD,
  REDUCED_REDUNDANCY: AS_STANDARD,
  STANDARD_IA: { get: 's3GetStandardIa', retrieval: 's3RetrievalStandardIaGb' },
  ONEZONE_IA: { get: 's3GetOneZoneIa', retrieval: 's3RetrievalOneZoneIaGb' },
  GLACIER_IR: { get: 's3GetGlacierIr', retrieval: 's3RetrievalGlacierIrGb' },
  EXPRESS_ONEZONE: { get: 's3GetExpress', retrieval: 's3RetrievalExpressGb' },
};

/** Those that have to be restored before they can be read; a restored copy is read as Standard. */
const ARCHIVES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/** The classes of which it is known what reading costs. */
export const STORAGE_CLASSES: readonly string[] = Object.keys(READ_PRICES);

/** What reading a class costs; a class that nobody has heard of is taken for Standard. */
export function readPricesOf(storageClass: string): ReadPrices {
  return READ_PRICES[storageClass] ?? AS_STANDARD;
}

/** GETs and bytes that were read of one storage class. */
export interface ClassReads {
  readonly storageClass: string;
  readonly gets: number;
  readonly bytes: number;
}

/** By storage class, part of all GETs of items and of all that is read of them: each adds up to 1. */
export type ClassShares = readonly ClassReads[];

type Tallies = Readonly<Record<string, ClassTally>>;

/** How the reading of a listing's items divides among their classes. */
export function classShares(tallies: Tallies): ClassShares {
  const all = Object.entries(tallies);
  const gets = all.reduce((sum, [, each]) => sum + each.gets, 0);
  const bytes = all.reduce((sum, [, each]) => sum + each.bytes, 0);
  return all.map(([storageClass, each]) => ({
    storageClass,
    gets: each.gets / Math.max(gets, Number.MIN_VALUE),
    bytes: each.bytes / Math.max(bytes, 1),
  }));
}

/** So many GETs and bytes of items, divided by class. */
export function readsOf(shares: ClassShares, gets: number, bytes: number): ClassReads[] {
  return shares.map((share) => ({
    storageClass: share.storageClass,
    gets: share.gets * gets,
    bytes: share.bytes * bytes,
  }));
}

/** What a bill has to say of the classes of the items; nothing where all of them are read as Standard. */
export function classNotes(tallies: Tallies, { many }: Unit): string[] {
  return Object.entries(tallies).flatMap(([storageClass, { items }]) => {
    if (items === 0) return [];
    const are = `${items.toLocaleString('en')} of the ${many} are in the storage class ${storageClass}`;
    if (ARCHIVES.includes(storageClass))
      return [
        `${are}, which has to be restored before it can be read; what is read of it is billed as Standard.`,
      ];
    if (READ_PRICES[storageClass] === undefined)
      return [`${are}, of which no price is known: billed as Standard.`];
    if (readPricesOf(storageClass) === AS_STANDARD) return [];
    return [`${are}: their GETs, and the bytes that were read, are billed by that class.`];
  });
}
