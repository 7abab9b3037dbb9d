import { createHash } from 'node:crypto';
import { phaseBars, timelineChart } from './charts.ts';
import { type FigureGroup, type Figures, figuresOf, shownRound } from './figures.ts';
import { count, duration, instant, plural } from './format.ts';
import { datasetSection, failureSection, problemSection } from './html-answer.ts';
import { hostsSection } from './html-hosts.ts';
import { environmentSection, fleetSection, methodSection } from './html-setting.ts';
import { type Fragment, html, Markup } from './markup.ts';
import { STYLE } from './style.ts';
import type { ArmRound, Summary } from './summary-schema.ts';

/**
 * The summary as one page that needs nothing else: no script, no request, and a policy that allows neither.
 * Every value is escaped by the template, whatever a key holds.
 */
export function renderHtml(summary: Summary): string {
  const figures = figuresOf(summary);
  const shown = summary.arms.flatMap((arm) => shownRound(summary, arm) ?? []);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>fanfleet: ${summary.headline}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<p class="over">fanfleet · <span class="key">${summary.runId}</span> · ${instant(summary.startedAt)}</p>
<h1>${summary.headline}</h1>
${summary.remarks.length === 0 ? null : html`<p class="lead">${summary.remarks.join(' ')}</p>`}
${facts(summary)}
</header>
<main>
${armsSection(figures)}
${timeSection(figures, shown)}
${timelineSection(summary, shown)}
${roundsSection(summary)}
${answerSection(summary)}
${datasetSection(summary)}
${failureSection(summary)}
${problemSection(summary)}
${workersSection(shown)}
${fleetSection(shown)}
${hostsSection(shown)}
${environmentSection(summary)}
${methodSection(summary)}
</main>
<footer>summary.json has every figure of this page (schema ${summary.schemaVersion}).</footer>
</body>
</html>
`.text;
}

function policy(): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** What qualifies the headline. Green only where equality was shown and nothing is missing. */
function facts({ agreement, ranking, contended, failures, plan, rounds, request }: Summary): Markup {
  const failed = failures.codes.reduce((sum, { count: times }) => sum + times, 0);
  const ran = rounds.flatMap(({ arms }) => arms);
  const broken = ran.filter(({ status, valid }) => status === 'failed' || (status === 'succeeded' && !valid));
  const fact = (kind: string, what: string, rest: string) =>
    html`<li class="${kind}"><b>${what}</b> ${rest}</li>`;
  return html`<ul class="facts">
${agreement.equal === true ? fact('good', 'Same answer:', 'digests are equal') : null}
${agreement.equal === false ? fact('bad', 'Different answers:', 'digests differ') : null}
${agreement.equal === null ? fact('open', 'Not compared', '') : null}
${broken.map(({ arm, round, status }) => fact('bad', status === 'failed' ? 'Failed:' : 'Not valid:', `${arm}, round ${round}`))}
${contended ? fact('open', 'Contended:', 'both arms shared the same cores') : null}
${ranking.ranked ? null : fact('open', 'Not ranked', '')}
${failures.source === null ? fact('open', 'No results', 'were read') : fact(failed === 0 ? '' : 'open', count(failed), `of ${plural(plan.images, 'image')} failed`)}
${fact('', plural(request.repeats, 'round'), request.repeats === 1 ? '(noise not measured)' : '')}
</ul>`;
}

function armsSection({ columns, speed, work, answer }: Figures): Markup {
  return html`<section><h2>Arms</h2>
<div class="wide"><table class="figures"><thead><tr><th></th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>
${rows(speed)}${[work, answer].map((group) => html`${title(group, columns)}${rows(group)}`)}
</tbody></table></div></section>`;
}

function timeSection({ columns, arms, phases }: Figures, shown: readonly ArmRound[]): Markup {
  const known = shown.some((arm) => arm.phases !== null);
  return html`<section><h2>Where the time went</h2>
${known ? phaseBars(shown) : html`<p>No arm has a time that could be divided.</p>`}
<div class="wide"><table class="figures"><thead><tr><th></th>${columns.slice(0, arms).map((column) => html`<th scope="col">${column}</th><th class="share"></th>`)}</tr></thead><tbody>
${rows(phases, true)}</tbody></table></div>
<p class="note">Phases add up to the wall time. Provision ends with the first sign of work; load, process and write are
the workers' time over all slots that were ever in use at once; overhead is what no batch explains: dispatch and idle slots.</p>
</section>`;
}

function title(group: FigureGroup, columns: readonly string[]): Markup {
  return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length + 1}">${group.title}</th></tr>`;
}

/** @param shared whether each cell has one beside it for its part of the whole */
function rows(group: FigureGroup, shared = false): Fragment {
  return group.rows.map(({ label, cells, phase, shares }) => {
    const swatch = phase === undefined ? null : html`<span class="swatch p-${phase}"></span>`;
    const strong = label.startsWith('wall time') && !label.endsWith('range') ? html` class="strong"` : null;
    const share = (i: number) => (shared ? html`<td class="share">${shares?.[i] ?? null}</td>` : null);
    return html`<tr${strong}><th scope="row">${swatch}${label}</th>${cells.map((cell, i) => html`<td>${cell}</td>${share(i)}`)}</tr>`;
  });
}

function timelineSection({ timelines }: Summary, shown: readonly ArmRound[]): Markup | null {
  const drawn = timelines.filter(({ lanes }) => lanes.length > 0);
  if (drawn.length === 0) return null;
  const walls = drawn.map(({ wallMs }) => wallMs);
  const longest = Math.max(...walls);
  // On one axis, the batches of an arm that took a small part of the other's time could not be told apart.
  const oneAxis = Math.min(...walls) * 3 >= longest;
  const key = (kind: string, text: string) => html`<li><span class="swatch ${kind}"></span>${text}</li>`;
  return html`<section><h2>Timeline</h2>
<ul class="legend">
${key('p-provision soft', 'provision and teardown')}${key('p-coldStart', 'cold start')}
<li><span class="swatch b-even"></span><span class="swatch b-odd"></span>batch (shades in turn)</li>
${key('b-failed', 'batch with failed images')}
</ul>
${drawn.map((timeline) => {
  const arm = shown.find((armRound) => armRound.arm === timeline.arm && armRound.round === timeline.round);
  return html`<h3>${timeline.arm} <span class="quiet">round ${timeline.round}, ${plural(timeline.batches, 'batch', 'batches')} on ${plural(timeline.lanes.length + timeline.lanesDropped, 'worker')}</span></h3>
${timelineChart(timeline, arm, oneAxis ? longest : timeline.wallMs)}${dropped(timeline)}`;
})}
${oneAxis ? null : html`<p class="note">Each arm has its own time axis.</p>`}
</section>`;
}

function dropped({ batchesDropped, lanesDropped, binMs }: Summary['timelines'][number]): Fragment {
  return [
    lanesDropped === 0
      ? null
      : html`<p class="note">Not drawn: ${plural(lanesDropped, 'worker')} with ${plural(batchesDropped, 'batch', 'batches')}.</p>`,
    binMs === null
      ? null
      : html`<p class="note">Too many batches to draw each: the stronger the colour, the more of them were at work in that ${duration(binMs)}. Cold starts and failures are not drawn.</p>`,
  ];
}

function roundsSection({ rounds, request }: Summary): Markup | null {
  if (request.repeats === 1) return null;
  return html`<section><h2>Rounds</h2><div class="wide"><table><thead><tr><th scope="col">round</th>${request.arms.map((arm) => html`<th scope="col">${arm}</th>`)}</tr></thead><tbody>
${rounds.map(
  ({ round, arms }) =>
    html`<tr><th scope="row">${round}</th>${request.arms.map((name) => {
      const arm = arms.find((other) => other.arm === name);
      return html`<td>${arm === undefined || arm.status !== 'succeeded' ? (arm?.status ?? 'did not run') : duration(arm.wallMs)}</td>`;
    })}</tr>`,
)}
</tbody></table></div></section>`;
}

function answerSection({ agreement, ranking }: Summary): Markup {
  const kind = agreement.equal === true ? 'good' : agreement.equal === false ? 'bad' : 'open';
  const word =
    agreement.equal === true ? 'Equal.' : agreement.equal === false ? 'Different.' : 'Not compared.';
  return html`<section><h2>Agreement</h2>
<p><b class="${kind}">${word}</b> ${agreement.reason}</p>
${agreement.digest === null ? null : html`<p>SHA-256 over all rows: <span class="digest">${agreement.digest}</span></p>`}
<p><b>${ranking.ranked ? 'Ranked.' : 'Not ranked.'}</b> ${[ranking.reason, ...ranking.notes].join(' ')}</p>
</section>`;
}

function workersSection(shown: readonly ArmRound[]): Markup | null {
  const arms = shown.flatMap(({ arm, work }) =>
    work === null || work.workers.length === 0 ? [] : [{ arm, work }],
  );
  if (arms.length === 0) return null;
  return html`<section><h2>Workers</h2>
${arms.map(
  ({
    arm,
    work,
  }) => html`<details${work.workers.length <= 12 ? html` open` : null}><summary>${arm}: ${plural(work.workerCount, 'worker')}</summary>
<div class="wide"><table class="full"><thead><tr><th scope="col">worker</th><th scope="col">batches</th><th scope="col">images</th><th scope="col">share</th><th scope="col">busy</th></tr></thead><tbody>
${work.workers.map(
  ({ worker, batches, images, share, busyMs }) =>
    html`<tr><td class="key">${worker}</td><td>${count(batches)}</td><td>${count(images)}</td><td>${(100 * share).toFixed(1)} %</td><td>${duration(busyMs)}</td></tr>`,
)}
</tbody></table></div>
${work.workerCount > work.workers.length ? html`<p class="note">Not listed: ${plural(work.workerCount - work.workers.length, 'worker')} with fewer images.</p>` : null}
</details>`,
)}
</section>`;
}
