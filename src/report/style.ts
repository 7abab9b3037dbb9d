/**
 * The style sheet of report.html.
 *
 * Colours: an arm has one everywhere, blue or rust, which stay apart for the colour-blind, and its line is dashed or
 * not; phases differ in lightness as well as in hue and are in the order of the table beside them; green is kept for
 * what was checked and found equal. Text has a contrast of 4.5 to 1 at least, in both themes.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1c1f24; --quiet: #59606c; --line: #dcdfe3;
  --good: #17733e; --bad: #b3261e; --open: #7d5700;
  --good-soft: #e3f3e9; --bad-soft: #fbe9e7; --open-soft: #faf1dc;
  --serverless: #1d5fb8; --fleet: #ad4209; --memory: #6b5b95;
  --provision: #9aa3b2; --coldStart: #6f4fa3; --load: #1f7f8b; --process: #e69b23;
  --write: #b8326a; --overhead: #d7dae0; --teardown: #515a68;
  --on-light: #1c1f24; --on-dark: #ffffff;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e24; --ink: #e8eaed; --quiet: #a3aab6; --line: #363b44;
    --good: #6fcf97; --bad: #ff8a80; --open: #f0c261;
    --good-soft: #17301f; --bad-soft: #3a1d1b; --open-soft: #332a12;
    --serverless: #6aaef5; --fleet: #f39a5e; --memory: #b3a4dc;
    --provision: #8792a4; --coldStart: #a98bdb; --load: #4fb3bf; --process: #e8a93e;
    --write: #ec7fa6; --overhead: #414853; --teardown: #b4bbc6;
    --on-light: #14161a; --on-dark: #14161a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { margin: .35rem 0 .6rem; max-width: 48rem; font-size: clamp(1.35rem, 1rem + 1.8vw, 2rem); line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-wrap: pretty; }
header .lead { margin: 0 0 1.1rem; max-width: 46rem; font-size: 1.06rem; }
header ul.lead { padding-left: 1.2rem; } header .lead li { margin: .25rem 0; }
h2 { margin: 3rem 0 .75rem; padding-top: .9rem; border-top: 1px solid var(--line); font-size: 1.2rem; font-weight: 650; }
h3 { margin: 1.5rem 0 .5rem; font-size: .95rem; font-weight: 600; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, .over { color: var(--quiet); font-weight: 400; }
.over { margin: 0; font-size: .875rem; }
.note, .notes { color: var(--quiet); font-size: .9rem; }
.notes { margin: .5rem 0; padding-left: 1.2rem; max-width: 46rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
code, pre, .key, .digest { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: .86em; }
.key, .digest, dd, p, li { overflow-wrap: anywhere; }
.whole { white-space: nowrap; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; }
.facts li { padding: .3rem .7rem; border-radius: .4rem; font-size: .9rem; background: var(--card); border: 1px solid var(--line); }
.facts b { font-weight: 600; }
.facts .good { background: var(--good-soft); border-color: transparent; }
.facts .bad { background: var(--bad-soft); border-color: transparent; }
.facts .open { background: var(--open-soft); border-color: transparent; }
.good b, b.good { color: var(--good); } .bad b, b.bad { color: var(--bad); } .open b, b.open { color: var(--open); }
:focus-visible { outline: 2px solid var(--serverless); outline-offset: 2px; }

.wide { position: relative; overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .94rem; font-variant-numeric: tabular-nums lining-nums; }
.full { width: 100%; } .one-line th, .one-line td { white-space: nowrap; }
.figures td { min-width: 10rem; } .figures tbody th { min-width: 12rem; }
.figures td.share { min-width: 4.5rem; padding-left: .5rem; color: var(--quiet); }
th, td { padding: .36rem 0 .36rem 1.5rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
th { font-weight: 400; } thead th { font-weight: 600; color: var(--ink); }
tbody th { color: var(--quiet); }
.strong th, .strong td { font-weight: 650; color: var(--ink); }
.group th { padding-top: 1.25rem; color: var(--ink); font-weight: 650; }
td.text, th.text { text-align: left; }
.stacked { margin: .75rem 0; }

.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .55em; border-radius: 2px; vertical-align: -.06em; }
.chart { display: block; overflow: visible; }
.bars { margin: 1rem 0 1.25rem; }
.bar-name { margin: .6rem 0 .2rem; font-weight: 600; font-size: .94rem; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; }
.tick { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
.bars rect { stroke: var(--paper); stroke-width: 1; }
.on { font-size: 12px; font-weight: 600; pointer-events: none; }
.p-provision { fill: var(--provision); background: var(--provision); }
.p-coldStart { fill: var(--coldStart); background: var(--coldStart); }
.p-load { fill: var(--load); background: var(--load); }
.p-process { fill: var(--process); background: var(--process); }
.p-write { fill: var(--write); background: var(--write); }
.p-overhead { fill: var(--overhead); background: var(--overhead); }
.p-teardown { fill: var(--teardown); background: var(--teardown); }
.c-lambda { fill: var(--serverless); } .c-ec2 { fill: var(--fleet); } .c-s3 { fill: var(--load); } .c-stepFunctions { fill: var(--coldStart); } .c-cloudWatch { fill: var(--process); }
.c-ebs { fill: var(--provision); } .c-ipv4 { fill: var(--write); } .c-transfer { fill: var(--overhead); } .c-kms { fill: var(--teardown); }
text.on { fill: var(--on-dark); }
text.on.p-provision, text.on.p-process, text.on.c-cloudWatch, text.on.c-ebs { fill: var(--on-light); }
text.on.p-overhead, text.on.c-transfer { fill: var(--ink); }
.faint { fill-opacity: .16; }
.a-serverless, .s-serverless { --arm: var(--serverless); } .a-fleet, .s-fleet { --arm: var(--fleet); } .s-ideal { --arm: var(--quiet); }
.b-even { fill: var(--arm, var(--serverless)); background: var(--serverless); }
.b-odd { fill: var(--arm, var(--serverless)); fill-opacity: .55; background: var(--serverless); }
.swatch.b-odd { opacity: .55; margin-left: -.4em; }
.b-failed { fill: var(--bad); background: var(--bad); stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.swatch.b-failed { outline: 1.5px solid var(--ink); }
.timeline { display: grid; grid-template-columns: clamp(4.5rem, 22%, 10rem) 1fr; column-gap: .75rem; margin: .5rem 0 1.25rem; }
.lane-names { margin: 0; padding: 0; list-style: none; color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; text-align: right; }
.lane-names li { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lane-30 li { height: 30px; line-height: 30px; } .lane-24 li { height: 24px; line-height: 24px; } .lane-18 li { height: 18px; line-height: 18px; } .lane-14 li { height: 14px; line-height: 14px; font-size: 11px; }
.concurrency { align-self: center; line-height: 1.35; }
.arm-area { fill: var(--arm); fill-opacity: .75; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: .5rem 0; padding: 0; list-style: none; font-size: .88rem; color: var(--quiet); }
.swatch.soft { opacity: .35; }

.plot { display: grid; grid-template-columns: 64px minmax(0, 1fr); margin: 1rem 0; }
.plot figcaption { grid-column: 1 / -1; font-size: .88rem; font-weight: 600; }
.plot .x-title { grid-column: 2; justify-self: end; margin: 0; font-size: .82rem; color: var(--quiet); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 2rem; }
.line { fill: none; stroke: var(--arm); stroke-width: 2.25; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.line.s-fleet { stroke-dasharray: 7 4; } .line.s-ideal { stroke-dasharray: 2 4; stroke-width: 1.5; }
.dot { fill: var(--arm); stroke: var(--paper); stroke-width: 1.5; } .dot.s-fleet { fill: var(--paper); stroke: var(--arm); stroke-width: 2; }
.series { fill: var(--arm); font-size: 12.5px; font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.upright { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
.upright-label { fill: var(--ink); font-size: 12px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.median { stroke: var(--arm); stroke-width: 2.5; }
.s-inertia { --arm: var(--load); }
.st-map { fill: var(--arm); background: var(--arm); } .st-reduce { fill: var(--ink); background: var(--ink); } .st-between { fill: var(--overhead); background: var(--overhead); }
.cut { stroke: var(--paper); stroke-width: 3; }
.use-cpu { fill: var(--fleet); } .use-memory { fill: var(--memory); }
.hosts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18.5rem, 100%), 1fr)); gap: 1rem; margin: .75rem 0; padding: 0; list-style: none; }
.hosts > li { padding: .8rem .95rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid; }
.host-name { margin: 0 0 .4rem; }
.use-name { margin: .35rem 0 .1rem; font-size: .8rem; color: var(--quiet); }
.compact { grid-template-columns: 1fr 1fr; gap: .1rem 1.25rem; font-size: .8rem; }
.compact div { white-space: nowrap; display: flex; justify-content: space-between; gap: .5rem; }
.confusion { display: grid; grid-template-columns: max-content minmax(0, 1fr); column-gap: .6rem; margin: .75rem 0; max-width: 42rem; } .confusion.few { max-width: 26rem; }
.confusion rect { stroke: var(--paper); stroke-width: 2; } .confusion .none { fill: var(--line); fill-opacity: .35; }
.confusion .right { fill: var(--load); } .confusion .wrong { fill: var(--bad); }
.confusion .cell { fill: var(--ink); font-size: 12px; font-variant-numeric: tabular-nums; pointer-events: none; }
.matrix th, .matrix td { padding: .2rem .1rem .2rem .5rem; } .matrix th:first-child { padding-left: 0; } .matrix th { max-width: 8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.wrong-images { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: 1rem; margin: .75rem 0; padding: 0; list-style: none; }
.wrong-images > li { padding: .8rem .95rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid; }
.wrong-images p { margin: .25rem 0 0; font-size: .82rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
.wrong-images .key, .neighbours b { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.wrong-images .key { display: block; } .label { overflow-wrap: anywhere; }
.asked { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .75rem; align-items: center; } .asked p { margin: 0; font-size: .94rem; }
.neighbours { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .6rem; margin: .8rem 0 0; padding: .7rem 0 0; border-top: 1px solid var(--line); list-style: none; }
.scores { display: grid; gap: .35rem; margin: .8rem 0 0; padding: .7rem 0 0; border-top: 1px solid var(--line); list-style: none; font-size: .82rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
.scores li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1rem .75rem; } .scores .chart { grid-column: 1 / -1; background: var(--line); } .of-class { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.scores-plot { grid-template-columns: minmax(0, 1fr); max-width: 42rem; }
.clusters { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: .6rem; margin: .75rem 0; padding: 0; list-style: none; }
.clusters > li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .7rem; align-items: start; padding: .6rem .7rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; break-inside: avoid; }
.clusters p { margin: 0; font-size: .8rem; line-height: 1.4; font-variant-numeric: tabular-nums; } .of-label { display: inline-block; max-width: 100%; margin-right: .35em; overflow-wrap: anywhere; }
.clusters .chart { margin: .2rem 0 .3rem; background: var(--line); } .size { fill: var(--load); }
.thumbnail { display: block; object-fit: contain; background: var(--line); } .pixelated { image-rendering: pixelated; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.5rem; margin: .5rem 0; font-size: .94rem; }
dt { color: var(--quiet); } dd { margin: 0; font-variant-numeric: tabular-nums; }
details { margin: .6rem 0; } summary { cursor: pointer; font-weight: 600; font-size: .94rem; padding: .2rem 0; }
pre { margin: .5rem 0; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
.keys { margin: .25rem 0 1rem; padding-left: 1.2rem; } .keys li { margin: .1rem 0; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .875rem; }
@media (max-width: 50rem) { .on-screen { display: none; } }
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h2 { margin-top: 2.25rem; }
  table { font-size: .86rem; } th, td { padding-left: .9rem; }
  .figures { width: 100%; }
  .figures th, .figures td { min-width: 0; padding-left: .6rem; }
  .figures th:first-child { padding-left: 0; } .figures tbody th { min-width: 0; }
  .figures td.share { min-width: 0; padding-left: .35rem; font-size: .8rem; }
  .figures .swatch { margin-right: .3em; }
  .stacked, .stacked tbody { display: block; }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked tr { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .stacked th, .stacked td { display: block; padding: 0; border: 0; text-align: left; overflow-wrap: anywhere; }
  .stacked tbody th { grid-column: 1 / -1; color: var(--ink); font-weight: 600; }
  .stacked td:empty { display: none; }
  .stacked td[data-name]::before { content: attr(data-name) " "; color: var(--quiet); }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
  dl.compact { grid-template-columns: 1fr 1fr; gap: .1rem 1rem; } .compact dd { margin: 0; }
}
@media print {
  :root { --paper: #ffffff; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .confusion + details { display: none; } h2, h3, .bar-name { break-after: avoid; } tr, .timeline, .bars, .plot, .confusion, li { break-inside: avoid; } .wide { overflow: visible; }
}
`;
