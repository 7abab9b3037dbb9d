import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';

export const SERVICES = [
  'lambda',
  'stepFunctions',
  's3',
  'ec2',
  'ebs',
  'ipv4',
  'transfer',
  'cloudWatch',
  'kms',
] as const;

/** One line of a bill: `usd` is `quantity` times `unitPrice`. */
export const billLineSchema = z.object({
  service: z.enum(SERVICES),
  /** What was used, e.g. `duration, arm64, 1769 MB`. */
  item: z.string(),
  quantity: z.number().nonnegative(),
  /** What the quantity counts, e.g. `GB-s`. */
  unit: z.string(),
  /** US dollars per unit; the average where there are tiers. */
  unitPrice: z.number().nonnegative(),
  usd: z.number().nonnegative(),
});
export type BillLine = z.infer<typeof billLineSchema>;

export const billSchema = z.object({ usd: z.number().nonnegative(), lines: z.array(billLineSchema) });
export type Bill = z.infer<typeof billSchema>;

/** `cost` of summary.json; docs/costs.md says how each line is computed. */
export const costSchema = z.object({
  currency: z.literal('USD'),
  region: z.string(),
  prices: z.object({
    date: z.iso.date(),
    source: z.string(),
    ageDays: z.int(),
    /** Older than `STALE_DAYS`. */
    stale: z.boolean(),
  }),
  arms: z.array(
    z.object({
      arm: armSchema,
      /** The median round of those that were billed, and its bill. */
      usd: z.number().nonnegative(),
      bill: billSchema,
      /** The same use scaled to a million items: what a run costs once is not multiplied. */
      usdPerMillionItems: z.number().nonnegative().nullable(),
    }),
  ),
  /** What this run cost: every round of both arms, the plan, the baseline, the aggregate, the report. */
  comparison: billSchema,
  notes: z.array(z.string()),
});
export type Cost = z.infer<typeof costSchema>;

/** A bill of these lines; lines of the same thing become one, and those of nothing are left out. */
export function billOf(lines: readonly BillLine[]): Bill {
  // Advice makes some ten thousand bills. A bill has few lines, so comparing them is faster than building a key for each.
  const kept: BillLine[] = [];
  for (const line of lines) {
    if (line.quantity === 0) continue;
    let at = 0;
    for (const other of kept) {
      if (isSame(other, line)) break;
      at += 1;
    }
    const other = kept[at];
    kept[at] = other === undefined ? line : together(other, line);
  }
  return { usd: kept.reduce((sum, { usd }) => sum + usd, 0), lines: kept };
}

/** One bill for all. */
export function addBills(bills: readonly Bill[]): Bill {
  return billOf(bills.flatMap(({ lines }) => lines));
}

function isSame(a: BillLine, b: BillLine): boolean {
  return a.service === b.service && a.unit === b.unit && a.item === b.item;
}

function together(a: BillLine, b: BillLine): BillLine {
  const quantity = a.quantity + b.quantity;
  const usd = a.usd + b.usd;
  return { ...a, quantity, usd, unitPrice: a.unitPrice === b.unitPrice ? a.unitPrice : usd / quantity };
}
