import { escaped } from "../../../src/timeline/view/view.ts";
import type { Results } from "../results.ts";
import { type Bar, barsOf, CHARTED, type Charted } from "./charted.ts";

/** Measures of the picture, in pixels. */
const WIDTH = 860;
const LABELS = 240;
const RIGHT = 150;
const BAR = 14;
const GAP = 12;
const TOP = 78;
const BOTTOM = 46;

/** How far the axis goes: a thousand times worse than the limit, and a hundred times better. */
const WORST = -3;
const BEST = 2;

/** The picture brings its own ground, so that it can be read on a light page and on a dark one. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1b1f24}
.faint{fill:#57606a;font-size:12px}
.title{font-size:16px;font-weight:600}
.ours{fill:#0b5cad}
.reference{fill:#9a6700}`;

/** Draws results as SVG: each figure as the factor by which it is better than its limit, on a scale of tens. */
export function chart(results: Results): string {
  const rows = CHARTED.flatMap((charted) => {
    const bars = barsOf(charted, results);
    return bars.length === 0 ? [] : [{ charted, bars }];
  });
  let y = TOP;
  const drawn = rows.map(({ charted, bars }) => {
    const row = rowOf(charted, bars, y);
    y += 2 * BAR + GAP;
    return row;
  });
  const height = y + BOTTOM;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Figures beside their limits">
<style>${STYLE}</style>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#f6f7f9" stroke="#d0d5dd"/>
<text class="title" x="20" y="30">Measured beside its limits</text>
${legend(rows.some(({ bars }) => bars.some(({ target }) => target === "reference")))}
${axis(y)}
${drawn.join("\n")}
<text class="faint" x="20" y="${height - 14}">${escaped(machineOf(results))}</text>
</svg>
`;
}

function legend(hasReference: boolean): string {
  const ours = `<rect class="ours" x="20" y="43" width="12" height="12"/><text x="38" y="54">agent-server</text>`;
  if (!hasReference) return ours;
  return `${ours}<rect class="reference" x="140" y="43" width="12" height="12"/><text x="158" y="54">OpenHands Agent Server 1.58.2</text>`;
}

function axis(bottom: number): string {
  const tens = Array.from({ length: BEST - WORST + 1 }, (_, index) => WORST + index);
  return tens
    .map((power) => {
      const x = xOf(10 ** power);
      const isLimit = power === 0;
      const label = isLimit ? "limit" : power > 0 ? `${10 ** power} × better` : `${10 ** -power} × worse`;
      return `<line x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${bottom}" stroke="${isLimit ? "#1b1f24" : "#d0d5dd"}"/><text class="faint" x="${x}" y="${bottom + 14}" text-anchor="middle">${label}</text>`;
    })
    .join("\n");
}

function rowOf({ title, limit, limitIs, unit }: Charted, bars: readonly Bar[], top: number): string {
  const middle = top + BAR;
  const sign = limitIs === "most" ? "≤" : "≥";
  const label = `<text x="20" y="${middle + 1}">${escaped(title)}</text><text class="faint" x="20" y="${middle + 13}">${sign} ${amount(limit, unit)}</text>`;
  return label + bars.map((bar, index) => barOf(bar, unit, top + index * BAR)).join("");
}

function barOf({ target, value, factor }: Bar, unit: string, y: number): string {
  const [left = 0, right = 0] = [xOf(1), xOf(factor)].sort((a, b) => a - b);
  const width = Math.max(2, right - left);
  const text = factor >= 1 ? { x: right + 6, anchor: "start" } : { x: left - 6, anchor: "end" };
  const label = factor < 1 && text.x < LABELS + 60 ? { x: right + 6, anchor: "start" } : text;
  return `<rect class="${target}" x="${left}" y="${y}" width="${width}" height="${BAR - 3}"><title>${target}</title></rect><text class="faint" x="${label.x}" y="${y + 10}" text-anchor="${label.anchor}">${amount(value, unit)}</text>`;
}

/** Factors beyond the ends of the axis end there. */
function xOf(factor: number): number {
  const power = Math.min(BEST, Math.max(WORST, Math.log10(factor)));
  const share = (power - WORST) / (BEST - WORST);
  return Math.round(LABELS + share * (WIDTH - LABELS - RIGHT));
}

function amount(value: number, unit: string): string {
  const digits = value >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(2)));
  return unit === "×" ? `${digits} ×` : `${digits} ${escaped(unit)}`;
}

function machineOf({ node, cores, load, date }: Results): string {
  return `${date}, Node ${node}, ${cores} cores, load ${load.toFixed(1)}; all in one run, the ceilings of ratios too`;
}
