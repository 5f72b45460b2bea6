import { asObject } from "../../../is-object.ts";
import type { ConversationRecord } from "../../../stores/store.ts";
import { costText, durationText, secondsBetween, totalOf } from "../../../timeline/amounts.ts";
import { statusWords } from "../../../timeline/event-row.ts";
import { textOf } from "../../../timeline/event-words.ts";
import type { Usage } from "../../../timeline/row.ts";
import { usageIn } from "../../../timeline/usage-steps.ts";
import { type View, view } from "../../../timeline/view/view.ts";
import { clipped, grouped, oneLine } from "../../../timeline/visible-text.ts";
import type { TrajectoryDocuments } from "../trajectory-documents.ts";

/** Characters of the agent and its settings. */
const MAX_SETTINGS = 100_000;
const MAX_LINE = 300;

/** The title of a conversation, or its id where it has none. */
export function titleOf({ title, id }: Pick<ConversationRecord, "title" | "id">): string {
  return oneLine(title ?? "", MAX_LINE) || `Conversation ${id}`;
}

/** Shows what a conversation is, what it has used, and its agent. The documents are without secrets. */
export function headerView(record: ConversationRecord, { meta, baseState }: TrajectoryDocuments): View[] {
  const { stats, ...state } = asObject(JSON.parse(baseState));
  const agent = asObject(state.agent);
  const total = totalOf(usageIn(stats));
  const facts: [string, string][] = [
    ["Id", record.id],
    ["Status", statusWords(record.status)],
    ["Agent", [textOf(agent.kind), textOf(asObject(agent.llm).model)].filter(Boolean).join(", ")],
    ["Working folder", textOf(asObject(state.workspace).working_dir)],
    ["Created", record.createdAt],
    [
      "Last change",
      `${record.updatedAt} (${durationText(secondsBetween(record.createdAt, record.updatedAt))} later)`,
    ],
    ["Events", grouped(record.eventCount)],
    ["Tokens", `${grouped(total.input)} in, ${grouped(total.output)} out`],
    ["Cost", costText(total.cost)],
    ...(record.parentId === null ? [] : [["Parent", record.parentId] satisfies [string, string]]),
  ];
  return [
    view("h1", { dir: "auto" }, titleOf(record)),
    view(
      "dl",
      {},
      ...facts.flatMap(([name, value]) => [view("dt", {}, name), view("dd", {}, oneLine(value, MAX_LINE))]),
    ),
    ...modelsView(stats),
    settingsView("Agent and state", state),
    settingsView("Start request", asObject(JSON.parse(meta))),
  ];
}

/** The use of each model, and how long its calls took. */
function modelsView(stats: unknown): View[] {
  const models = asObject(asObject(stats).usage_to_metrics);
  const used = usageIn(stats).filter(({ input, output, cost }) => input + output + cost > 0);
  if (used.length === 0) return [];
  const names = ["Used for", "Model", "Calls", "Time", "Tokens in", "Tokens out", "Cost"];
  const head = view("tr", {}, ...names.map((name, index) => view("th", numberClass(index), name)));
  const rows = used.map((usage) => modelRow(usage, asObject(models[usage.usageId])));
  return [view("h2", {}, "Models"), view("table", {}, view("tbody", {}, head, ...rows))];
}

function modelRow({ usageId, cost, input, output }: Usage, metrics: Record<string, unknown>): View {
  const latencies = Array.isArray(metrics.response_latencies) ? metrics.response_latencies : [];
  const seconds = latencies.reduce<number>((sum, call) => sum + Number(asObject(call).latency ?? 0), 0);
  const cells = [
    ...[oneLine(usageId, MAX_LINE), oneLine(textOf(metrics.model_name), MAX_LINE)],
    ...[grouped(latencies.length), durationText(seconds)],
    ...[grouped(input), grouped(output), costText(cost)],
  ];
  return view("tr", {}, ...cells.map((cell, index) => view("td", numberClass(index), cell)));
}

function numberClass(index: number): Record<string, string> {
  return index < 2 ? {} : { class: "number" };
}

function settingsView(name: string, value: object): View {
  const text = clipped(JSON.stringify(value, undefined, 2), MAX_SETTINGS);
  return view("details", {}, view("summary", {}, name), view("pre", {}, text));
}
