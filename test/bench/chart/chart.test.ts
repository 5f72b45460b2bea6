import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { type Result, type Results, readResults } from "../results.ts";
import { chart } from "./chart.ts";
import { barsOf, CHARTED } from "./charted.ts";

const MACHINE = { node: "v24.0.0", cores: 2, load: 0.4, date: "2026-01-01", seconds: 100 };

function results(...figures: Partial<Result>[]): Results {
  const whole = figures.map((figure) => ({ name: "", target: "ours", bar: "", good: true, ...figure }));
  return { ...MACHINE, figures: whole as Result[] };
}

/** Every figure of the chart, measured at a factor of its limit on both servers. */
function everything(ours: number, theirs: number): Results {
  return results(
    ...CHARTED.flatMap(({ figure, value, limit, limitIs }) =>
      (
        [
          ["ours", ours],
          ["reference", theirs],
        ] as const
      ).map(([target, factor]) => ({
        ...{ name: figure, target },
        [value]: limitIs === "most" ? limit / factor : limit * factor,
      })),
    ),
  );
}

describe("the chart of the benchmark", () => {
  it("is a picture in which every figure has its bars", async () => {
    const svg = chart(everything(2, 0.01));
    const { format, width, height = 0 } = await sharp(Buffer.from(svg)).metadata();
    expect([format, width]).toEqual(["svg", 860]);
    expect(height).toBeGreaterThan(CHARTED.length * 28);
    expect(svg.match(/<rect class="ours"/g)).toHaveLength(CHARTED.length + 1);
    expect(svg.match(/<rect class="reference"/g)).toHaveLength(CHARTED.length + 1);
    for (const { title } of CHARTED) expect(svg).toContain(title);
    expect(svg).toContain("2026-01-01, Node v24.0.0, 2 cores, load 0.4");
    expect(svg).not.toMatch(/href|NaN|undefined|Infinity/);
  });

  it("draws what is better than its limit to the right, and what is worse to the left", () => {
    const placesOf = (factor: number) => {
      const svg = chart(results({ name: "attach", median_ms: 5 / factor }));
      const [, x = "", width = ""] = /<rect class="ours" x="(\d+)" y="78" width="(\d+)"/.exec(svg) ?? [];
      return [Number(x), Number(x) + Number(width)];
    };
    const [limit] = placesOf(10);
    const [, end = 0] = placesOf(10);
    expect(placesOf(100)[1]).toBeGreaterThan(end);
    expect(placesOf(0.1)[1]).toBe(limit);
    expect(placesOf(1e9)[1]).toBe(placesOf(1e6)[1]);
  });

  it("leaves out what was not measured, failed, or cannot be drawn", () => {
    const svg = chart(
      results({ name: "attach", median_ms: 4 }, { name: "search" }, { name: "list", first_p95_ms: 0 }),
    );
    expect(svg).toContain("run to first event");
    expect(svg).not.toMatch(/search of events|list of conversations|OpenHands/);
  });

  it("is drawn again from what a run has printed", async () => {
    const file = join(await temporaryDirectory(), "run.log");
    const printed = everything(3, 0.5);
    writeFileSync(file, `some words\n${JSON.stringify(printed)}\n\ncold start good\n`);
    expect(chart(readResults(file))).toBe(chart(printed));
    writeFileSync(file, "nothing\n");
    expect(() => readResults(file)).toThrow("no line with the results of a run");
  });

  it("names figures and values that the benchmark has", () => {
    const folder = resolve(import.meta.dirname, "../figures");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    const missing = CHARTED.filter(
      ({ figure, value }) =>
        !sources.some((text) => text.includes(`"${figure}"`) && text.includes(value.replace(/_200$/, "_"))),
    );
    expect(missing).toEqual([]);
    expect(barsOf(CHARTED[0] as (typeof CHARTED)[number], results())).toEqual([]);
  });
});
