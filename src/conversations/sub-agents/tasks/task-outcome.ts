import type { AgentSession } from "../../../agent/loop/session.ts";
import type { TaskResult } from "../../../tools/delegation.ts";
import { lastWords } from "../../final-response.ts";

const NO_WORDS = "Task completed with no result.";

/** The outcome of the last task of a sub-agent that has ended: its report, or the reason why it has none. */
export function outcomeOf({
  view,
  state: { execution_status: status },
}: Pick<AgentSession, "view" | "state">): Omit<TaskResult, "taskId"> {
  const events = view.recent(Number.POSITIVE_INFINITY).toReversed();
  const task = events.findIndex(({ kind, source }) => kind === "MessageEvent" && source === "user");
  const ofTask = task === -1 ? events : events.slice(0, task);
  const words = ofTask.filter(({ source }) => source === "agent").map(lastWords);
  const report = words.find((one) => one !== undefined);
  if (status === "finished") return { status: "completed", text: report || NO_WORDS };
  const failure = ofTask.find((event) => event.kind === "ConversationErrorEvent");
  const reason = failure?.detail ?? `The sub-agent stopped without finishing (status: ${status}).`;
  return { status: "error", text: report ? `${reason}\nPartial result:\n${report}` : reason };
}
