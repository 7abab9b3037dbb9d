import * as z from 'zod';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { PRICE_NAMES, type PriceName } from './price-rows.ts';
import { findPrices, type Price, type Prices, priceSchema, pricesSchema } from './prices.ts';

/** Where nothing is shipped for a region, its missing prices are taken from this one. */
const DEFAULT_REGION = 'us-east-1';

/** A list as some version of fanfleet wrote it: with fewer prices than there are now, or with more. */
const storedSchema = pricesSchema.extend({ prices: z.record(z.string(), z.unknown()) });
const knownPricesSchema = z.object({ prices: z.partialRecord(z.enum(PRICE_NAMES), priceSchema) });

/**
 * Read a list of prices that was stored, maybe by another version of fanfleet: prices that it does not have are taken from
 * the shipped list, those that nobody knows are left, and both is said in `remarks`.
 *
 * @param region whose prices they are to be
 * @param what how the list is called in messages, e.g. its path
 * @throws FanfleetError `INVALID_INPUT` for what is no JSON, or has a price of another form
 */
export function readStoredPrices(text: string, region: string, what: string): Prices {
  try {
    const value: unknown = JSON.parse(text);
    const stored = parse(storedSchema, value, what);
    if (stored.region !== region)
      throw new FanfleetError('INVALID_INPUT', `${what} has those of ${stored.region}, not of ${region}.`, {
        source: 'user',
      });
    const isKnown = ([name]: [string, unknown]) => (PRICE_NAMES as readonly string[]).includes(name);
    const all = Object.entries(stored.prices);
    const { prices: known } = parse(
      knownPricesSchema,
      { prices: Object.fromEntries(all.filter(isKnown)) },
      what,
    );
    const unknown = all.filter((entry) => !isKnown(entry)).map(([name]) => name);
    return completed(stored, known, unknown, what);
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? `${what} is no JSON: ${cause.message}.` : messageOf(cause);
    throw new FanfleetError(
      'INVALID_INPUT',
      `Expected a list of prices that fanfleet has written, but ${problem} Write it anew with \`fanfleet prices refresh\`, or remove it: then the list that comes with fanfleet counts.`,
      { cause, source: 'user' },
    );
  }
}

function completed(
  stored: Readonly<z.infer<typeof storedSchema>>,
  known: Readonly<Partial<Record<PriceName, Price>>>,
  unknown: readonly string[],
  what: string,
): Prices {
  const shipped = findPrices(stored.region) ?? findPrices(DEFAULT_REGION);
  const missing = PRICE_NAMES.filter((name) => known[name] === undefined);
  const prices = Object.fromEntries(
    PRICE_NAMES.map((name) => [name, known[name] ?? shipped?.prices[name]]),
  ) as Record<PriceName, Price>;
  return { ...stored, prices, remarks: [...missingRemark(), ...unknownRemark()] };

  function missingRemark(): string[] {
    if (missing.length === 0) return [];
    const from = `taken from the list of ${shipped?.region} that comes with fanfleet (${shipped?.date})`;
    return [
      `${what} has no price of ${missing.join(', ')}: ${from}. \`fanfleet prices refresh\` writes all.`,
    ];
  }

  function unknownRemark(): string[] {
    if (unknown.length === 0) return [];
    return [`${what} has prices that this version does not know, and leaves: ${unknown.join(', ')}.`];
  }
}

function messageOf(reason: unknown): string {
  return reason instanceof FanfleetError ? reason.message.replace(/^\[\w+\] /, '') : String(reason);
}
