import type { ArmRound } from '../../aggregate/run-facts.ts';
import type { Unit } from '../../contract/unit.ts';
import { count, duration, percent, plural } from '../../format.ts';
import type { Figures } from '../figures.ts';
import { html, type Markup } from '../markup.ts';
import { figureRows } from './arms.ts';
import { scrolling, stackedTable } from './parts.ts';

/** Up to so many workers are listed without being asked for. */
const MOST_OPEN = 12;

/** What did the work, and how it was shared. */
export function workersSection({ columns, work }: Figures, shown: readonly ArmRound[], unit: Unit): Markup {
  const arms = shown.flatMap(({ arm, work: done }) =>
    done === null || done.workers.length === 0 ? [] : [{ arm, work: done }],
  );
  return html`<section><h2>Workers</h2>
${scrolling(
  'Workers of each arm',
  html`<table class="figures"><thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${figureRows(work)}</tbody></table>`,
)}
${arms.map(({ arm, work: done }) => workerList(arm, done, unit))}
</section>`;
}

function workerList(
  arm: string,
  { workers, workerCount }: NonNullable<ArmRound['work']>,
  { many }: Unit,
): Markup {
  return html`<details${workers.length <= MOST_OPEN ? html` open` : null}><summary>${arm}: ${plural(workerCount, 'worker')}</summary>
${stackedTable(
  [{ name: 'worker' }, { name: 'batches' }, { name: many }, { name: 'share' }, { name: 'busy' }],
  workers.map(({ worker, batches, items, share, busyMs }) => [
    html`<bdi class="key">${worker}</bdi>`,
    count(batches),
    count(items),
    percent(share),
    duration(busyMs),
  ]),
)}
${workerCount > workers.length ? html`<p class="note">Not listed: ${plural(workerCount - workers.length, 'worker')} with fewer ${many}.</p>` : null}
</details>`;
}
