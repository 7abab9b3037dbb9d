import { join } from 'node:path';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import { FanfleetError } from '../../src/errors.ts';
import { type FoundPrices, newestPrices, writePrices } from '../../src/prices/price-files.ts';
import { ageOf, type Price, type Prices, readPrices } from '../../src/prices/prices.ts';
import { type Context, connect } from '../context.ts';
import { textTable } from '../text-table.ts';

export interface PricesOptions {
  /** @default AWS_REGION, else us-east-1 */
  readonly region?: string | undefined;
}

export interface RefreshOptions extends PricesOptions {
  readonly types?: readonly string[] | undefined;
  /** A folder. @default prices/ in FANFLEET_HOME */
  readonly out?: string | undefined;
  /** Whether runs of the stage are billed with them from now on. */
  readonly publish: boolean;
}

const DEFAULT_REGION = 'us-east-1';
/** One of the regions that have the price list, of all regions. */
const PRICE_LIST_REGION = 'us-east-1';

/** The prices of a region that bills are made with, and how old they are. */
export async function pricesCommand(context: Context, options: PricesOptions) {
  const found = await newestPrices(pricesFolder(context), regionOf(context, options));
  for (const remark of found.prices.remarks ?? []) context.io.note(remark);
  return outcome(found, Date.now());
}

/** Read today's prices of a region from AWS, with the credentials of an account. */
export async function refreshPricesCommand(context: Context, options: RefreshOptions) {
  const { io } = context;
  const region = regionOf(context, options);
  const now = Date.now();
  // Neither is needed by any other command that must start fast.
  const [{ PricingClient }, { EC2Client }, { readPriceList }, { spotPrices }] = await Promise.all([
    import('@aws-sdk/client-pricing'),
    import('@aws-sdk/client-ec2'),
    import('../../src/prices/price-list/read-price-list.ts'),
    import('../../src/prices/price-list/spot-prices.ts'),
  ]);
  const ec2 = new EC2Client({ region });
  io.note(`Reading the prices of ${region} from AWS.`);
  const prices = await readPriceList({
    pricing: new PricingClient({ region: PRICE_LIST_REGION }),
    region,
    types: options.types ?? [],
    typesIfThere: Object.keys(readPrices(DEFAULT_REGION).instances),
    spot: (types) => spotPrices(ec2, types, now),
    now,
  }).catch((error: unknown) => {
    throw explain(error);
  });
  const file = await writePrices(options.out ?? pricesFolder(context), prices);
  if (options.publish) {
    const { s3, stack } = await connect(context);
    await new ObjectStore(s3, stack.runsBucket).putJson(layout.prices(region), prices);
    io.note(`Runs of the stage ${stack.stage} in ${region} are billed with them from now on.`);
  }
  return outcome({ prices, file }, now);
}

function pricesFolder({ home }: Context): string {
  return join(home, 'prices');
}

function regionOf({ shell }: Context, { region }: PricesOptions): string {
  return region ?? shell.AWS_REGION ?? DEFAULT_REGION;
}

function explain(error: unknown): FanfleetError {
  if (!(error instanceof Error && error.name === 'CredentialsProviderError'))
    return FanfleetError.from(error, 'aws');
  return new FanfleetError(
    'NO_CREDENTIALS',
    "Expected credentials of an AWS account for AWS's price list but found none: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    { cause: error, source: 'aws' },
  );
}

function outcome({ prices, file }: FoundPrices, now: number) {
  const age = ageOf(prices, now);
  return { json: { ...prices, ...age, file }, text: `${head(prices, file, age)}\n\n${tables(prices)}` };
}

function head({ region, date, source }: Prices, file: string | null, age: ReturnType<typeof ageOf>): string {
  const stale = age.stale ? "; that is long: `fanfleet prices refresh` reads today's" : '';
  return `Prices of ${region} of ${date}, ${age.ageDays} days old${stale}.\nFrom ${source}${file === null ? '' : `, ${file}`}.`;
}

function tables({ prices, instances }: Prices): string {
  const priceRows = Object.entries(prices).map(([name, price]) => [
    name,
    tiersText(price),
    price.unit,
    price.source,
  ]);
  const typeRows = Object.entries(instances).map(([type, price]) => [
    type,
    price.architecture,
    String(price.vcpus),
    String(price.memoryGib),
    String(price.onDemandHour),
    price.spot === null ? '-' : `${price.spot.hour.toFixed(4)} (${price.spot.date})`,
  ]);
  return [
    ...textTable(
      [
        { title: 'Price', align: 'left' },
        { title: 'USD', align: 'left' },
        { title: 'per', align: 'left' },
        { title: 'source', align: 'left' },
      ],
      priceRows,
    ),
    '',
    ...textTable(
      [
        { title: 'Instance', align: 'left' },
        { title: 'processor', align: 'left' },
        { title: 'vCPU', align: 'right' },
        { title: 'GiB', align: 'right' },
        { title: 'USD/h', align: 'right' },
        { title: 'Spot', align: 'right' },
      ],
      typeRows,
    ),
  ].join('\n');
}

/** Such as `0.023 to 51,200, 0.022`: up to so much at the first price. */
function tiersText({ tiers }: Price): string {
  return tiers
    .map(({ upTo, usd }) => `${decimal(usd)}${upTo === null ? '' : ` to ${upTo.toLocaleString('en')}`}`)
    .join(', ');
}

/** Without an exponent, which is how small numbers would be written. */
function decimal(usd: number): string {
  return usd.toFixed(12).replace(/\.?0+$/, '');
}
