import { escaped } from "../../src/timeline/view/view.ts";
import type { Line, Piece, Screen } from "./screens.ts";

/** Pixels of a character. */
const CELL = { width: 8.4, height: 19 };
const EDGE = 16;
const TOP = 40;

/** The sixteen colours of terminals, on a dark ground. */
const COLORS = [
  ...["#545d68", "#ff8a80", "#6fd08c", "#e3b341", "#7ab7ff", "#d2a8ff", "#76e3ea", "#c9d1d9"],
  ...["#8b949e", "#ffa198", "#8fe3a7", "#f0c95a", "#a5cfff", "#e2c5ff", "#b3f0ff", "#ffffff"],
];

/** A line that stays on the screen for a time. */
interface Stay {
  row: number;
  line: Line;
  from: number;
  /** undefined for a line that stays to the end. */
  to: number | undefined;
}

/**
 * Draws screens as an animated SVG, without a script. It plays once and stops at its last screen, which is also what a
 * viewer without animations shows.
 */
export function animate(
  screens: readonly Screen[],
  { title, cols, rows }: { title: string; cols: number; rows: number },
): string {
  const width = Math.ceil(cols * CELL.width + 2 * EDGE);
  const height = rows * CELL.height + TOP + EDGE;
  const lines = staysOf(screens).filter(({ line }) => line.some(({ text }) => text.trim() !== ""));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#c9d1d9;white-space:pre}.b{font-weight:700}.d{opacity:.65}</style>
<rect width="${width}" height="${height}" rx="8" fill="#0e1116"/>
<circle cx="20" cy="18" r="6" fill="#ff8a80"/><circle cx="40" cy="18" r="6" fill="#e3b341"/><circle cx="60" cy="18" r="6" fill="#6fd08c"/>
${lines.map(stayOf).join("\n")}
</svg>
`;
}

/** The times of the lines of each row: one ends where the row changes. */
function staysOf(screens: readonly Screen[]): Stay[] {
  const stays: Stay[] = [];
  const current = new Map<number, { stay: Stay; key: string }>();
  for (const { at, lines } of screens) {
    lines.forEach((line, row) => {
      const key = JSON.stringify(line);
      const known = current.get(row);
      if (known?.key === key) return;
      if (known !== undefined) known.stay.to = at;
      const stay: Stay = { row, line, from: at, to: undefined };
      stays.push(stay);
      current.set(row, { stay, key });
    });
  }
  return stays.filter(({ from, to }) => to === undefined || to - from > 0.001);
}

function stayOf({ row, line, from, to }: Stay): string {
  const y = TOP + (row + 0.8) * CELL.height;
  const text = line.map(pieceOf).join("");
  const isLast = to === undefined;
  const before =
    isLast && from > 0
      ? `<set attributeName="visibility" to="hidden" begin="0s" end="${seconds(from)}"/>`
      : "";
  const during = isLast
    ? ""
    : `<set attributeName="visibility" to="visible" begin="${seconds(from)}" end="${seconds(to)}"/>`;
  const visibility = isLast ? "" : ' visibility="hidden"';
  return `<text x="${EDGE}" y="${y.toFixed(1)}"${visibility} xml:space="preserve">${text}${before}${during}</text>`;
}

function pieceOf({ text, color, bold, dim }: Piece): string {
  const fill = color === undefined ? undefined : COLORS[color];
  const look = [bold ? "b" : "", dim ? "d" : ""].filter((name) => name !== "").join(" ");
  if (fill === undefined && look === "") return escaped(text);
  return `<tspan${fill === undefined ? "" : ` fill="${fill}"`}${look === "" ? "" : ` class="${look}"`}>${escaped(text)}</tspan>`;
}

function seconds(time: number): string {
  return `${Number(time.toFixed(2))}s`;
}
