import type { Unit } from '../../contract/unit.ts';
import type { Bill, Cost } from '../../cost/bill.ts';
import { amount, bytes, duration, figure, plural, sentence, UNKNOWN, usd } from '../../format.ts';
import type { Curves } from '../../model/curves.ts';
import { costBars, serviceName } from '../charts/cost-split.ts';
import { curvesChart } from '../charts/curves.ts';
import { html, type Markup } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { stackedTable } from './parts.ts';

/** What each arm cost, line by line. */
export function costSection({ cost, environment }: Summary): Markup {
  if (cost === null) {
    return html`<section><h2>Cost</h2><p>Not known: this summary has no bill. No arm was measured to its end, or the run is of a version that made none.</p></section>`;
  }
  const offline = environment.offline
    ? 'The run was offline and cost nothing: this is what the same use would cost in AWS.'
    : '';
  return html`<section><h2>Cost</h2>
<p>Prices of ${cost.region}, ${cost.prices.date}, from ${cost.prices.source}.
${cost.prices.stale ? html`<b class="open">They are ${plural(cost.prices.ageDays, 'day')} old: look whether they still hold.</b>` : null} ${offline}</p>
${cost.arms.length === 0 ? html`<p>Not known: no arm could be billed.</p>` : costBars(cost)}
${cost.arms.map(({ arm, bill }) => billDetails(`${arm}: ${usd(bill.usd)}`, bill))}
${billDetails(`This whole comparison, every round: ${usd(cost.comparison.usd)}`, cost.comparison)}
${notes(cost.notes)}
</section>`;
}

function billDetails(name: string, { lines, usd: total }: Bill): Markup {
  return html`<details><summary>${name}</summary>
${stackedTable(
  [
    { name: 'what' },
    { name: 'for', text: true },
    { name: 'quantity' },
    { name: 'unit', text: true },
    { name: 'price of one' },
    { name: 'US dollars' },
  ],
  [
    ...lines.map(({ service, item, quantity, unit, unitPrice, usd: price }) => [
      serviceName(service),
      item,
      figure(quantity),
      unit,
      usd(unitPrice),
      usd(price),
    ]),
    ['all', '', '', '', '', html`<b>${usd(total)}</b>`],
  ],
)}</details>`;
}

/** Time and cost at other sizes, and where one arm overtakes the other. */
export function curvesSection({ curves, unit }: Summary): Markup {
  if (curves === null || curves.arms.every(({ points }) => points.length === 0)) {
    return html`<section><h2>At other sizes</h2><p>Not known: the model had no measurement to rest on, or the run is of a version without one.</p></section>`;
  }
  return html`<section><h2>At other sizes</h2>
<p>${crossings(curves, unit)}</p>
${notes(curves.notes)}
<div class="pair">${curvesChart(curves, 'usd', unit)}${curvesChart(curves, 'seconds', unit)}</div>
<details><summary>Figures of the curves</summary>${curvesTable(curves, unit)}</details>
<p class="note">${curves.calibration}</p>
</section>`;
}

const WORDS = { seconds: 'faster', usd: 'cheaper' } as const;

function crossings(curves: Curves, { many }: Unit): string {
  const said = (['usd', 'seconds'] as const).flatMap((what) => {
    const own = curves.crossings.filter((crossing) => crossing.what === what);
    if (own.length === 0) return alwaysLess(curves, what);
    return own.map(
      ({ items, below, above }) =>
        `Below ${amount(items)} ${many} the ${below} arm is ${WORDS[what]}, above it the ${above} arm.`,
    );
  });
  return [`${sentence(many)} of ${bytes(Math.round(curves.bytesPerItem))}.`, ...said].join(' ');
}

/** Which arm takes less at every size, if one does. */
function alwaysLess({ arms }: Curves, what: keyof typeof WORDS): string[] {
  const [a, b] = arms;
  if (a === undefined || b === undefined) return [];
  const always = (one: typeof a, other: typeof a) =>
    one.points.every((point, i) => point[what] < (other.points[i]?.[what] ?? 0));
  const less = always(a, b) ? a : always(b, a) ? b : undefined;
  return less === undefined ? [] : [`The ${less.arm} arm is ${WORDS[what]} at every size.`];
}

function curvesTable({ sizes, arms }: Curves, { many }: Unit): Markup {
  const columns = arms.flatMap(({ arm }) => [
    { name: `${arm}: time` },
    { name: `${arm}: cost` },
    { name: `${arm}: limited by`, text: true },
  ]);
  const rows = sizes.map((size) => [
    `${amount(size)} ${many}`,
    ...arms.flatMap(({ points }) => {
      const point = points.find(({ items }) => items === size);
      if (point === undefined) return [UNKNOWN, UNKNOWN, UNKNOWN];
      return [duration(point.seconds * 1000), usd(point.usd), point.limit];
    }),
  ]);
  return stackedTable([{ name: 'size' }, ...columns], rows);
}

function notes(all: Cost['notes']): Markup | null {
  return all.length === 0 ? null : html`<ul class="notes">${all.map((note) => html`<li>${note}</li>`)}</ul>`;
}
