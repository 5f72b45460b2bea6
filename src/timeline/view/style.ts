import { DARK, LIGHT, type Palette } from "./palette.ts";

/** The style of timelines: by the user's choice of light or dark, on screens of any width and on paper. */
export function timelineStyle(): string {
  return `:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
@media print{:root{${variables(LIGHT)}}}
${RULES}`;
}

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}:${color};`)
    .join("");
}

const RULES = `*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible,button:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.87em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse}
th,td{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid var(--line)}
td.number,th.number{text-align:right}
.row{background:var(--box);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:4px;margin:.4rem 0;padding:.35rem .7rem}
.row.user{border-left-color:var(--accent)}
.row.agent{border-left-color:var(--good)}
.row.bad{border-left-color:var(--bad)}
.row.state,.row.note{background:none}
.row header{display:flex;flex-wrap:wrap;gap:.15rem .7rem;align-items:baseline}
.row time,.row .look,.row .amount,.remark{color:var(--faint);font-size:.85em}
.row .look{min-width:3rem}
.row strong{font-weight:600;overflow-wrap:anywhere;unicode-bidi:isolate}
.row.call strong{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.9em}
.row.bad strong,.outcome.bad{color:var(--bad)}
.outcome{font-size:.9em;overflow-wrap:anywhere}
.outcome.good{color:var(--good)}
.row .amount{font-variant-numeric:tabular-nums}
.words{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.remark{margin:.2rem 0}
details{margin:.2rem 0}
.row details:not([open]){display:inline-block;margin-right:1rem}
summary{cursor:pointer;color:var(--accent);font-size:.9em;overflow-wrap:anywhere}
pre{margin:.3rem 0;padding:.5rem;background:var(--page);border:1px solid var(--line);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:40rem;overflow:auto;unicode-bidi:isolate}
.diff span{display:block;white-space:pre-wrap}
.diff .place,.diff .remark{color:var(--faint)}
.diff .added{background:var(--addedBack)}
.diff .removed{background:var(--removedBack)}
@media (max-width:40rem){.row .look{display:none}}
@media print{pre{max-height:none}.row{break-inside:avoid-page}}
`;
