/** The looks of the page: one style sheet, light and dark by `light-dark()`, candidates in the colours of Okabe and Ito. */

// On each ground as bright or dark as 3:1 needs; shapes tell candidates apart too.
// Source: M. Okabe, K. Ito, "Color Universal Design", 2008.
const colours: ReadonlyArray<readonly [light: string, dark: string]> = [
  ["#0072b2", "#3d9fdd"],
  ["#d55e00", "#f0782a"],
  ["#00845f", "#22b98d"],
  ["#b85a90", "#dd8fba"],
  ["#a87200", "#e69f00"],
  ["#2b87b8", "#7cc6f0"],
  ["#3a3d40", "#d5d8da"],
  ["#7d7400", "#f0e442"]
]

const variables = colours.map(([light, dark], nth) => `--c${nth}: light-dark(${light}, ${dark});`).join(" ")
const classes = colours.map((_, nth) => `.c${nth} { --c: var(--c${nth}); }`).join("\n")
const shades = Array.from({ length: 11 }, (_, nth) => {
  const share = Math.abs(nth - 5) * 7
  return `.w${nth} { background: color-mix(in srgb, var(${nth < 5 ? "--c1" : "--c0"}) ${share}%, transparent); }`
}).join("\n")

const base = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #14161a);
  --panel: light-dark(#f6f6f4, #1c1f24);
  --ink: light-dark(#1a1c1e, #e7e8ea);
  --muted: light-dark(#595e63, #a3a9b0);
  --rule: light-dark(#e4e4e0, #2b2f36);
  --edge: light-dark(#84888c, #767c84);
  --link: light-dark(#005a9e, #7cc0f5);
  --good: light-dark(#00664a, #4fd0a5);
  --bad: light-dark(#a33f00, #ff9a5c);
  --insert: light-dark(#d5f0e4, #12402f);
  --delete: light-dark(#fbe1d0, #4d2712);
  ${variables}
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.5rem 4rem; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
h1, h2, h3, h4, p, dl, ul, figure { margin: 0; }
h1 { font-size: 1.1rem; font-weight: 600; }
h2 { font-size: 1.1rem; font-weight: 600; margin-bottom: .75rem; }
h3 { font-size: .95rem; font-weight: 600; margin: 1.25rem 0 .35rem; }
h4 { font-size: .8rem; font-weight: 600; color: var(--muted); }
section { border-top: 1px solid var(--rule); margin-top: 2rem; padding-top: 1.25rem; }
a { color: var(--link); }
small { font-size: .8rem; font-weight: 400; color: var(--muted); }
bdi { unicode-bidi: isolate; }
code, .code { font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.muted, .hint, figcaption { color: var(--muted); }
.hint, figcaption { font-size: .85rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.better { color: var(--good); } .worse { color: var(--bad); }
.badge { border: 1px solid var(--edge); border-radius: 3px; padding: 0 .35em; font-size: .8rem; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
html:not(.live) .only-live, html.live .no-live, html:not([data-other-baseline]) .other-baseline { display: none; }
html[data-other-baseline] .mark-space { visibility: hidden; }
summary { cursor: pointer; width: fit-content; }
${classes}
`

const header = `
.top { display: flex; justify-content: space-between; align-items: start; gap: 1rem; }
.meta { display: flex; flex-wrap: wrap; gap: 0 1.5rem; color: var(--muted); font-size: .9rem; margin-top: .15rem; }
.verdict { font-size: 1.45rem; line-height: 1.35; margin-top: 1.25rem; max-width: 46em; text-wrap: pretty; }
.gates { list-style: none; padding: 0; margin-top: 1rem; display: grid; gap: .3rem; font-size: .9rem; }
.gates .badge { margin-right: .5em; } .passed .badge { color: var(--good); } .refused .badge { color: var(--bad); }
.notes { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end; gap: .5rem 2rem; margin-bottom: .5rem; }
.notes .hint { max-width: 52em; }
`

const controls = `
button, select, input { font: inherit; font-size: .875rem; color: inherit; }
button { cursor: pointer; white-space: nowrap; }
button.quiet, button.toggle, select, input[type="search"], input[type="number"], .menu summary { background: var(--ground); border: 1px solid var(--edge); border-radius: 4px; padding: .2rem .6rem; min-height: 1.9rem; }
button.quiet:not([aria-pressed="true"]):hover, button.toggle:not([aria-pressed="true"]):hover, .menu summary:hover { background: var(--panel); }
button[aria-disabled="true"] { color: var(--muted); border-style: dashed; cursor: default; }
button[aria-pressed="true"] { background: var(--ink); color: var(--ground); border-color: var(--ink); }
input[type="number"] { width: 6rem; } input[type="search"] { flex: 0 1 28rem; min-width: 12rem; }
input[type="checkbox"] { width: 1rem; height: 1rem; vertical-align: -2px; accent-color: var(--ink); }
label { font-size: .875rem; white-space: nowrap; } select { max-width: 14rem; }
.controls { display: grid; gap: .5rem; margin: .25rem 0 .75rem; } .controls > div { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; }
.menu { position: relative; font-size: .875rem; } .menu summary { list-style: none; } .menu summary::after { content: " \\25be"; }
.menu summary::-webkit-details-marker { display: none; }
.menu div { position: absolute; z-index: 3; right: 0; background: var(--ground); border: 1px solid var(--edge); border-radius: 4px; padding: .5rem .75rem; display: grid; gap: .4rem; }
.status, .pager { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem 1rem; font-size: .875rem; color: var(--muted); }
.pager { margin-top: .75rem; justify-content: center; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
`

const tables = `
.scrolling { overflow-x: auto; position: relative; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: right; vertical-align: top; padding: .4rem .5rem; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
th { font-weight: 500; } thead th { color: var(--muted); font-size: .8rem; vertical-align: bottom; }
thead th small { display: block; font-size: .75rem; }
th[scope="row"], th.text { text-align: left; }
caption { text-align: left; color: var(--muted); font-size: .85rem; padding-bottom: .4rem; }
tbody tr:last-child > th, tbody tr:last-child > td { border-bottom: 0; }
.summary { width: 100%; } .summary.more { width: auto; margin-top: 1rem; } .summary td, .summary thead th, .twin td { white-space: nowrap; } .summary th[scope="row"] { min-width: 9.5rem; white-space: nowrap; }
.summary th[scope="row"] small { display: block; padding-left: 1.3rem; }
.glyph { width: .75rem; height: .75rem; fill: var(--c); vertical-align: -1px; margin-right: .45rem; flex: none; }
.metric { min-width: 8.5rem; white-space: nowrap; }
.value { font-weight: 600; } .ci { color: var(--muted); font-size: .8rem; }
.mark-space { display: inline-block; width: 1.5em; text-align: center; font-size: .7rem; }
.few { display: block; font-size: .75rem; color: var(--bad); }
.alarm { color: var(--bad); font-weight: 600; }
.bar { display: block; width: 100%; height: 10px; margin-top: .2rem; }
.bar line { vector-effect: non-scaling-stroke; stroke: var(--ink); }
.bar .range { stroke-width: 2; stroke: var(--edge); } .bar .point { stroke-width: 3; } .bar .middle { stroke: var(--edge); stroke-width: 1; stroke-dasharray: 2 2; }
.twin { margin-top: .5rem; font-size: .875rem; } .twin > summary { color: var(--muted); } .twin table { margin-top: .25rem; }
.matrix th[scope="col"] { color: var(--ink); text-align: center; white-space: nowrap; } .matrix td { text-align: center; min-width: 6.5rem; padding: .45rem .5rem; border: 2px solid var(--ground); }
.matrix td .ci { display: block; color: var(--ink); line-height: 1.3; } .matrix .self { background: var(--panel); } .matrix th[scope="row"] { white-space: nowrap; vertical-align: middle; }
${shades}
`

const charts = `
.overview { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); column-gap: 2.5rem; } .overview.stacked { grid-template-columns: minmax(0, 1fr); } .stacked figure { max-width: 46rem; }
.chart-box { overflow-x: auto; } figcaption { margin-top: .4rem; }
.chart { display: block; width: 100%; height: auto; min-width: 26rem; overflow: visible; fill: currentColor; color: var(--muted); font-family: inherit; }
.wide .chart { min-width: 46rem; }
.chart .label { fill: var(--ink); font-size: 12px; } .chart .soft { fill: var(--muted); font-size: 11px; }
.mark { fill: var(--c); } .mark.hollow { fill: var(--ground); stroke: var(--c); stroke-width: 1.8; }
.halo { fill: var(--c); fill-opacity: .12; } .leader { stroke: var(--muted); stroke-width: .8; }
.dots { stroke: var(--c); stroke-opacity: .55; stroke-width: 3.2; stroke-linecap: round; fill: none; }
.dot { fill: var(--c); fill-opacity: .45; }
.whisker { stroke: var(--ink); stroke-width: 1; } .box { fill: none; stroke: var(--ink); stroke-width: 1.2; } .median { stroke: var(--ink); stroke-width: 2.2; }
.strips { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem 2.5rem; margin-top: .5rem; }
.strip h3 { display: flex; justify-content: space-between; gap: 1rem; margin: .75rem 0 .25rem; }
.pointed { font-weight: 400; font-size: .85rem; color: var(--muted); }
.live .strip .chart { cursor: crosshair; }
.step { fill: var(--c0); } .step.wait { fill: url(#hatch); stroke: var(--edge); stroke-width: 1; } .step.failed { fill: var(--bad); } .step.running { fill-opacity: .6; }
.hatching { stroke: var(--edge); stroke-width: 2; } .fold { fill: var(--ground); } .cut { stroke: var(--ink); fill: none; }
`

const rows = `
.rows { width: 100%; table-layout: fixed; min-width: 44rem; }
.rows th, .rows td { text-align: left; }
.rows .id { width: 6.5rem; } .rows thead .answer { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .rows thead .answer small { display: inline; margin-left: .4rem; }
.rows thead th { position: sticky; top: 0; background: var(--ground); vertical-align: middle; }
button.sort { border: 0; background: none; padding: .1rem 0; margin-right: .5rem; font-size: .8rem; font-weight: 500; min-height: 1.5rem; vertical-align: bottom; } .arrow { margin-left: .25em; } button.sort:hover { color: var(--link); }
button.open { border: 0; background: none; padding: .1rem 0; min-height: 1.5rem; font-weight: 600; text-align: left; color: var(--link); white-space: normal; max-width: 100%; } .rows .id bdi { overflow-wrap: anywhere; }
button.open::before { content: "\\25b8"; display: inline-block; width: 1em; color: var(--muted); } .row.open button.open::before { content: "\\25be"; }
.row:hover { background: var(--panel); } .row.open > * { border-bottom-color: transparent; }
.excerpt { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; font-size: .85rem; line-height: 1.4; color: var(--muted); unicode-bidi: isolate; }
.prompt .excerpt { color: var(--ink); }
.numbers { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; }
.delta { font-size: .85rem; } .delta.even { color: var(--muted); }
.detail-row > td { padding: 0 0 1.5rem; }
.detail { border: 1px solid var(--edge); border-radius: 6px; padding: 1rem 1.25rem 1.25rem; }
.bar-top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .5rem; } .bar-top h3 { margin: 0; }
.given { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: .75rem 2rem; margin-top: .75rem; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 1.25rem 2rem; margin-top: 1.25rem; }
.answers article { border-top: 2px solid var(--rule); padding-top: .6rem; min-width: 0; } .who { color: var(--ink); font-size: .9rem; margin-bottom: .4rem; } .who small { margin-left: .5rem; }
.text, .excerpt, .words, .verdict, .example, .problem p, dd, h1, bdi { overflow-wrap: anywhere; }
.summary bdi { overflow-wrap: normal; }
.text { white-space: pre-wrap; unicode-bidi: isolate; font-size: .9rem; max-width: 75ch; } .text.code { max-width: none; background: var(--panel); padding: .75rem 1rem; border-radius: 4px; margin: .35rem 0 .75rem; }
.text + .quiet { margin-top: .4rem; }
.differences { background: var(--panel); border-radius: 4px; padding: .75rem 1rem; margin-top: 1rem; } .differences .text { max-width: none; } .legend { font-size: .85rem; margin-bottom: .5rem; }
ins { background: var(--insert); color: inherit; text-decoration: underline; text-decoration-thickness: 1.5px; text-underline-offset: 2px; } del { background: var(--delete); color: inherit; text-decoration: line-through; }
.scores { list-style: none; padding: 0; margin-top: .75rem; border-top: 1px solid var(--rule); font-size: .85rem; } .scores li { padding: .35rem 0; border-bottom: 1px solid var(--rule); }
.score { display: flex; gap: .5rem; align-items: baseline; } .score bdi { flex: 1; } .words { unicode-bidi: isolate; color: var(--muted); } .scores small { display: block; }
.facts { margin-top: .6rem; font-size: .85rem; } .facts > div { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0 .75rem; padding: .1rem 0; } .facts dt { color: var(--muted); } .facts dd { margin: 0; }
.facts.wide > div { grid-template-columns: 11rem 1fr; padding: .2rem 0; }
.problem { font-size: .9rem; } .problem p { margin: .3rem 0; } .repeat { margin-top: .75rem; font-size: .875rem; }
.failure { margin-top: 1rem; max-width: 60rem; } .failure h3 { margin: 0 0 .2rem; } .failure p { font-size: .9rem; } .by { display: flex; flex-wrap: wrap; gap: 0 1.25rem; } .example { color: var(--muted); } .resume { margin-top: 1.25rem; }
.keys { display: grid; gap: .2rem; margin: .5rem 0; } .keys > div { display: flex; gap: 1rem; } .keys dt { min-width: 6rem; font-weight: 600; } .keys dd { margin: 0; }
#measured details { margin: .25rem 0; } #measured summary { font-size: .9rem; }
`

const narrow = `
@media (max-width: 56rem) {
  .overview, .strips { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 3rem; }
  .verdict { font-size: 1.15rem; }
  .rows { min-width: 0; } .rows thead { position: static; } .rows thead tr { display: flex; flex-wrap: wrap; gap: .25rem .75rem; } .rows thead th { border: 0; padding: 0; position: static; } .rows thead .prompt { display: none; }
  .rows, .rows tbody, .rows .row, .rows .row > *, .detail-row, .detail-row > td { display: block; width: auto; }
  .rows .row { border-bottom: 1px solid var(--rule); padding: .5rem 0; } .rows .row > * { border: 0; padding: .15rem 0; }
  .row .answer::before { content: attr(data-label); font-size: .8rem; color: var(--muted); }
  .detail { padding: .75rem; } .facts.wide > div,   .facts > div { grid-template-columns: minmax(0, 1fr); }
  .menu div { right: auto; left: 0; } label { white-space: normal; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print {
  :root, :root[data-theme] { color-scheme: light; }
  html { font-size: 10px; } body { max-width: none; padding: 0; font-size: 11px; }
  .summary .ci { display: block; } .metric { min-width: 6rem; } .summary th[scope="row"] { min-width: 0; } th, td { padding: .3rem .4rem; } .chart { max-width: 40rem; } .wide .chart { max-width: none; }
  .only-live, .pager, .pointed, button.quiet, html.live .only-live { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .scrolling, .chart-box { overflow: visible; } .rows thead th { position: static; }
  .rows thead .answer { overflow: visible; white-space: normal; }
  .chart, .rows { min-width: 0; } section { break-inside: auto; } figure, .failure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .excerpt { -webkit-line-clamp: 4; }
}
@page { margin: 14mm; }
`

/** The style sheet, without blanks that mean nothing. */
export const style = [base, header, controls, tables, charts, rows, narrow]
  .join("")
  .replace(/\s*([{};])\s*/g, "$1")
  .replaceAll(";}", "}")
