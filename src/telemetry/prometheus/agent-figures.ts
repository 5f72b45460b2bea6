import type { Registry } from "prom-client";
import type { Observer } from "../../observing/observer.ts";
import { boundedLabel } from "../bounded-label.ts";
import type { PromClient } from "./load-client.ts";
import { secondsSince } from "./seconds-since.ts";

const RUN_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];
const STEP_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const TOOL_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300];
/** Names of tools that are kept apart. Those of MCP servers and of clients are among them. */
const MAX_TOOLS = 200;

/** Measures runs, their steps and the calls of tools. */
export function agentFigures(
  { Counter, Histogram }: PromClient,
  registry: Registry,
): Pick<Observer, "run" | "step" | "toolCall"> {
  const registers = [registry];
  const runs = new Histogram({
    name: "agent_server_run_duration_seconds",
    help: "Time that runs have taken, by the status in which they ended",
    labelNames: ["status"],
    buckets: RUN_BUCKETS,
    registers,
  });
  const steps = new Histogram({
    name: "agent_server_step_duration_seconds",
    help: "Time that steps of agents have taken, with the model and the tools",
    buckets: STEP_BUCKETS,
    registers,
  });
  const calls = new Histogram({
    name: "agent_server_tool_call_duration_seconds",
    help: "Time that calls of tools have taken, by the name of the tool",
    labelNames: ["tool"],
    buckets: TOOL_BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: "agent_server_tool_errors_total",
    help: "Calls of tools that brought an error (reported) or none of the tool's own answers (failed)",
    labelNames: ["tool", "reason"],
    registers,
  });
  const toolName = boundedLabel(MAX_TOOLS);
  return {
    run() {
      const began = performance.now();
      return { ended: ({ status }) => runs.observe({ status }, secondsSince(began)) };
    },
    step() {
      const began = performance.now();
      const end = () => steps.observe(secondsSince(began));
      return { ended: end, failed: end };
    },
    toolCall(begun) {
      const began = performance.now();
      const tool = toolName(begun.tool);
      const end = (reason?: string) => {
        calls.observe({ tool }, secondsSince(began));
        if (reason !== undefined) failures.inc({ tool, reason });
      };
      return {
        ended: ({ isError }) => end(isError ? "reported" : undefined),
        failed: () => end("failed"),
      };
    },
  };
}
