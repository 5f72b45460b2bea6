import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { memoryStore } from "agent-server";
import { say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildServer } from "../../examples/32-observability.ts";
import { eventually } from "../telemetry/figures.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}

/** Names of metrics in a query: words that are followed by no bracket of a call, with the prefixes of ours. */
function metricsIn(query: string): string[] {
  return query.match(/\b(?:agent_server|process|nodejs)_\w+/g) ?? [];
}

describe("32-observability", () => {
  const exporter = new InMemorySpanExporter();
  const lines: object[] = [];
  const logger = {
    ...{ debug() {}, warn() {}, error() {} },
    info: (fields: object) => lines.push(fields),
  };
  const server = buildServer(
    {
      ...{ logger, environment: {}, browser: false, store: memoryStore() },
      createLlm: () => scriptedLlm([say("Hello.")]),
    },
    new SimpleSpanProcessor({ exporter }),
  );
  /** Names of the figures that the server has: those that exist, and the series of histograms. */
  let names: Set<string>;

  beforeAll(async () => {
    const { conversation } = await server.conversations.create({
      agent: { llm: { model: "scripted" }, tools: [] },
      workspace: { working_dir: "/tmp" },
      autotitle: false,
    });
    await conversation.sendMessage("Hello?");
    await conversation.settled();
    const text = await (await server.fetch(new Request("http://localhost/metrics"))).text();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    names = new Set(
      types.flatMap(([, name = "", type]) =>
        type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`, name] : [name],
      ),
    );
  });
  afterAll(() => server.close());

  it("has figures, spans and a log of one run", async () => {
    await eventually(() => {
      const spans = exporter.getFinishedSpans().map(({ name }) => name);
      expect(spans).toEqual(expect.arrayContaining(["chat scripted", "step", "invoke_agent Agent"]));
    });
    await server.fetch(new Request("http://localhost/server_info"));
    expect(lines).toContainEqual(expect.objectContaining({ route: "/server_info", method: "GET" }));
  });

  it("every figure that the dashboard shows is one of the server", () => {
    const { panels, templating } = JSON.parse(
      read("examples/observability/grafana-dashboard.json"),
    ) as Dashboard;
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const variables = templating.list.map(({ query }) => (typeof query === "string" ? query : query.query));
    const shown = [...queries, ...variables].flatMap(metricsIn);
    expect(shown.length).toBeGreaterThan(30);
    expect(shown.filter((name) => !names.has(name))).toEqual([]);
    expect(queries.filter((query) => metricsIn(query).length === 0)).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it("every figure of the server is on the dashboard", () => {
    const dashboard = new Set(metricsIn(read("examples/observability/grafana-dashboard.json")));
    const own = [...names].filter((name) => /^agent_server_/.test(name));
    const families = new Set(own.map((name) => name.replace(/_(bucket|sum|count)$/, "")));
    const missing = [...families].filter(
      (name) => !["", "_bucket", "_sum", "_count"].some((end) => dashboard.has(name + end)),
    );
    expect(missing).toEqual([]);
  });

  it("every figure that an alert looks at is one of the server", () => {
    const { groups } = parse(read("examples/observability/alerts.yml")) as Rules;
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(2);
    for (const { alert, expr } of rules) {
      const looked = metricsIn(expr);
      expect([alert, looked.length > 0, looked.filter((name) => !names.has(name))]).toEqual([
        alert,
        true,
        [],
      ]);
    }
  });

  it("every figure of the server is in the table of the guide, and no other", () => {
    const rows = read("examples/guide/operating.md")
      .split("## Metrics, traces and logs")[1]
      ?.split("With them come")[0]
      ?.split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|")[1] ?? "");
    const documented = (rows ?? []).flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const own = [...names]
      .map((name) => name.replace(/^agent_server_/, "").replace(/_(bucket|sum|count)$/, ""))
      .filter((name, index, all) => all.indexOf(name) === index)
      .filter((name) => names.has(`agent_server_${name}`));
    expect(documented.toSorted()).toEqual(own.toSorted());
  });
});
