/**
 * The style sheet of report.html. Phase colours differ in lightness as well as in hue, so that they stay apart for
 * the colour-blind and on grey paper; green is kept for what was checked and found equal.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1c1f24; --quiet: #5d6470; --line: #dfe1e4;
  --good: #1a7f45; --bad: #b3261e; --open: #8a6100;
  --good-soft: #e5f3ea; --bad-soft: #fbe9e7; --open-soft: #faf1dc;
  --provision: #9aa3b2; --coldStart: #6f4fa3; --load: #2f7fd1; --process: #e69b23;
  --write: #c0396b; --overhead: #d7dae0; --teardown: #515a68;
  --batch-even: #2f7fd1; --batch-odd: #7fb2e6; --batch-failed: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e24; --ink: #e8eaed; --quiet: #a0a7b3; --line: #343941;
    --good: #6fcf97; --bad: #ff8a80; --open: #f0c261;
    --good-soft: #17301f; --bad-soft: #3a1d1b; --open-soft: #332a12;
    --provision: #7d8798; --coldStart: #a98bdb; --load: #5aa2ea; --process: #e8a93e;
    --write: #e0668f; --overhead: #3b414b; --teardown: #b4bbc6;
    --batch-even: #5aa2ea; --batch-odd: #2d6299; --batch-failed: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { margin: .35rem 0 .6rem; max-width: 50rem; font-size: clamp(1.35rem, 1rem + 1.8vw, 2rem); line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-wrap: pretty; }
header p.lead { margin: 0 0 1.1rem; font-size: 1.06rem; }
h2 { margin: 3rem 0 .75rem; padding-top: .9rem; border-top: 1px solid var(--line); font-size: 1.15rem; font-weight: 650; }
h3 { margin: 1.5rem 0 .5rem; font-size: .95rem; font-weight: 600; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, .over { color: var(--quiet); }
.over { margin: 0; font-size: .875rem; }
.quiet { font-weight: 400; }
.note { color: var(--quiet); font-size: .9rem; }
code, pre, .key, .digest { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: .86em; }
.key, .digest, dd, p { overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; }
.facts li { padding: .3rem .7rem; border-radius: .4rem; font-size: .9rem; background: var(--card); border: 1px solid var(--line); }
.facts b { font-weight: 600; }
.facts .good { background: var(--good-soft); border-color: transparent; }
.facts .bad { background: var(--bad-soft); border-color: transparent; }
.facts .open { background: var(--open-soft); border-color: transparent; }
.good b, b.good { color: var(--good); } .bad b, b.bad { color: var(--bad); } .open b, b.open { color: var(--open); }
.wide { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .94rem; font-variant-numeric: tabular-nums lining-nums; }
.full { width: 100%; }
.figures td { min-width: 11rem; } .figures tbody th { min-width: 13rem; }
.figures td.share { min-width: 4.5rem; padding-left: .5rem; color: var(--quiet); }
th, td { padding: .36rem 0 .36rem 1.5rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--line); white-space: pre; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
th { font-weight: 400; } thead th { font-weight: 600; color: var(--ink); }
tbody th { color: var(--quiet); }
.strong th, .strong td { font-weight: 650; color: var(--ink); }
.group th { padding-top: 1.25rem; color: var(--ink); font-weight: 650; }
td.text, th.text { text-align: left; white-space: normal; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .55em; border-radius: 2px; vertical-align: -.06em; }
.chart { display: block; overflow: visible; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bars { margin: 1rem 0 1.25rem; }
.bar-name { margin: .6rem 0 .2rem; font-weight: 600; font-size: .94rem; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; }
.tick { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
.bars rect { stroke: var(--paper); stroke-width: 1; }
.p-provision { fill: var(--provision); background: var(--provision); }
.p-coldStart { fill: var(--coldStart); background: var(--coldStart); }
.p-load { fill: var(--load); background: var(--load); }
.p-process { fill: var(--process); background: var(--process); }
.p-write { fill: var(--write); background: var(--write); }
.p-overhead { fill: var(--overhead); background: var(--overhead); }
.p-teardown { fill: var(--teardown); background: var(--teardown); }
.faint { fill-opacity: .16; }
.b-even { fill: var(--batch-even); background: var(--batch-even); }
.b-odd { fill: var(--batch-odd); background: var(--batch-odd); }
.b-failed { fill: var(--batch-failed); background: var(--batch-failed); }
.timeline { display: grid; grid-template-columns: clamp(4.5rem, 22%, 10rem) 1fr; column-gap: .75rem; margin: .5rem 0 1.25rem; }
.lane-names { margin: 0; padding: 0; list-style: none; color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; text-align: right; }
.lane-names li { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lane-24 li { height: 24px; line-height: 24px; } .lane-18 li { height: 18px; line-height: 18px; } .lane-14 li { height: 14px; line-height: 14px; font-size: 11px; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: .5rem 0; padding: 0; list-style: none; font-size: .88rem; color: var(--quiet); }
.swatch.soft { opacity: .35; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.5rem; margin: .5rem 0; font-size: .94rem; }
dt { color: var(--quiet); } dd { margin: 0; font-variant-numeric: tabular-nums; }
details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; font-size: .94rem; padding: .2rem 0; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; line-height: 1.4; }
.keys { margin: .25rem 0 1rem; padding-left: 1.2rem; } .keys li { margin: .1rem 0; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .875rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h2 { margin-top: 2.25rem; }
  table { font-size: .86rem; } th, td { padding-left: .9rem; }
  .figures { width: 100%; }
  .figures th, .figures td { min-width: 0; padding-left: .6rem; }
  .figures th:first-child { padding-left: 0; } .figures tbody th { min-width: 0; white-space: normal; }
  .figures td.share { min-width: 0; padding-left: .35rem; font-size: .8rem; }
  .figures .swatch { margin-right: .3em; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
}
@media print {
  :root { --paper: #ffffff; } body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; } tr, .timeline, .bars { break-inside: avoid; } .wide { overflow: visible; }
  .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
