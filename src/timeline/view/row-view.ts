import { durationText, usageText } from "../amounts.ts";
import type { DiffLine } from "../diff-lines.ts";
import type { Part, Row, RowLook, Span } from "../row.ts";
import { type View, view } from "./view.ts";

/** Names of the looks, for those who do not see their colours. */
const LOOKS: Readonly<Record<RowLook, string>> = {
  user: "User",
  agent: "Agent",
  call: "Call",
  state: "State",
  note: "Note",
  error: "Error",
};

const SPANS: Readonly<Record<Span["of"], string>> = {
  model: "model",
  tool: "tool",
  confirmation: "waited for a confirmation",
  start: "waited for its run",
  pause: "paused",
};

/** Shows a row. `isOpen`: a call that still waits for its result. */
export function rowView(row: Row, { isOpen = false }: { isOpen?: boolean } = {}): View {
  const { look, at, title, words, parts, outcome } = row;
  const isBad = look === "error" || outcome?.isGood === false;
  return view(
    "article",
    { class: `row ${look}${isBad ? " bad" : ""}${isOpen ? " open" : ""}`, "data-row": row.id },
    view(
      "header",
      {},
      view("time", { datetime: at, title: at }, at.slice(11, 19) || "–"),
      view("span", { class: "look" }, LOOKS[look]),
      view("strong", { dir: "auto" }, title),
      outcomeView(row, isOpen),
      row.conversationId === undefined
        ? undefined
        : view("code", { title: "conversation" }, row.conversationId),
      ...timesView(row),
    ),
    words === undefined ? undefined : view("p", { class: "words", dir: "auto" }, words),
    ...parts.map(partView),
  );
}

function outcomeView({ look, outcome }: Row, isOpen: boolean): View | undefined {
  if (isOpen) return view("span", { class: "outcome" }, "… running");
  if (look !== "call" || outcome === undefined) return undefined;
  const { isGood, words } = outcome;
  return view("span", { class: isGood ? "outcome good" : "outcome bad" }, `${isGood ? "✓" : "✗"} ${words}`);
}

function timesView({ spans, usage = [] }: Row): View[] {
  const times = spans.map(({ of, seconds }) => `${SPANS[of]} ${durationText(seconds)}`);
  return [...times, ...usage.map(usageText)].map((text) => view("span", { class: "amount" }, text));
}

function partView(part: Part): View {
  if ("lines" in part) return folded(part.name, view("pre", { class: "diff" }, ...part.lines.map(lineView)));
  if (part.text === "") return view("p", { class: "remark" }, part.name);
  return folded(part.name, view("pre", { dir: "auto" }, part.text));
}

function folded(name: string, content: View): View {
  return view("details", {}, view("summary", { dir: "auto" }, name), content);
}

function lineView({ kind, text }: DiffLine): View {
  return view("span", { class: kind }, `${text}\n`);
}
