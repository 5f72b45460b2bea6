import { after, call, type Step, say } from "../../src/testing/scripted-llm/llm-script.ts";
import {
  type ScriptedServerRequest,
  startScriptedLlmServer,
} from "../../src/testing/scripted-llm/scripted-llm-server.ts";

/** One call of the model, as a client writes it into a message. */
interface Order {
  say?: string;
  /** Each `[tool, arguments]`; several are called at once. */
  calls?: [tool: string, args: Record<string, unknown>][];
  /** Answer with this HTTP status instead. */
  fail?: number;
  /** Milliseconds to wait first. */
  delay?: number;
  /** Milliseconds between the words. */
  pace?: number;
}

/**
 * A provider on loopback whose model does what it is told: the last line of the last user message is a JSON array of
 * orders, and each answer since then has played one of them. A client in any language so scripts its own agent, and
 * many conversations share one model. A message that is no plan is answered with itself. As the judge of a goal it is
 * content with everything.
 */
export function startObedientModel() {
  return startScriptedLlmServer((request) => nextStep(request), {
    record: false,
    pace: (request) => currentOrder(request).order?.pace ?? 0,
  });
}

function nextStep(request: ScriptedServerRequest): Step<ScriptedServerRequest> {
  if (isJudgement(request)) return say('{"score": 1, "complete": true, "missing": ""}');
  const { said, isPlan, order } = currentOrder(request);
  if (!isPlan) return say(`You said: ${said}`);
  if (order === undefined) return say("The plan has no more steps.");
  return order.delay === undefined ? toStep(order) : after(order.delay, toStep(order));
}

/** A judge is given no tools, and a transcript. */
function isJudgement({ body }: ScriptedServerRequest): boolean {
  const last = (body.messages as { content: unknown }[]).at(-1);
  return body.tools === undefined && textOf(last?.content).startsWith("--- begin objective");
}

/** What the last message of the user says, and the order in it whose turn it is. */
function currentOrder({ body }: ScriptedServerRequest): { said: string; isPlan: boolean; order?: Order } {
  const messages = body.messages as { role: string; content: unknown }[];
  const start = messages.findLastIndex((message) => message.role === "user");
  const said = textOf(messages[start]?.content);
  const plan = parsePlan(said);
  const played = messages.slice(start).filter((message) => message.role === "assistant").length;
  const order = plan?.[played];
  return { said, isPlan: plan !== undefined, ...(order && { order }) };
}

function toStep(order: Order): Step<ScriptedServerRequest> {
  if (order.fail !== undefined) return Object.assign(new Error("as ordered"), { status: order.fail });
  return [
    ...(order.say === undefined ? [] : [say(order.say)]),
    ...(order.calls ?? []).map(([tool, args]) => call(tool, args)),
  ];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return (content as { text?: string }[]).map((part) => part.text ?? "").join("\n");
}

function parsePlan(text: string): Order[] | undefined {
  const line = text.split("\n").at(-1) ?? "";
  try {
    return line.startsWith("[") ? (JSON.parse(line) as Order[]) : undefined;
  } catch {
    return undefined;
  }
}
