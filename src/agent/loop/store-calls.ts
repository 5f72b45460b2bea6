import type { NewEvent } from "../../wire/events/events.ts";
import { callsUpToFinish, type Execution } from "./execute-calls.ts";
import type { ProposedCall } from "./extension.ts";
import type { CallVerdict } from "./extensions/call-judge.ts";
import { blocked } from "./extensions/changes.ts";
import type { AgentSession } from "./session.ts";

/**
 * Asks the extensions about the calls of a reply, then stores both at once: a call never stands in the log without the
 * answers about it. The calls are stored after an abort too, with the answers so far.
 */
export async function storeCalls(events: readonly NewEvent[], execution: Execution): Promise<void> {
  const { session, extensions } = execution;
  if (!extensions.calls.isNeeded) {
    await session.append(events);
    return;
  }
  const named = events.map((event) =>
    event.kind === "ActionEvent" ? { ...event, id: event.id ?? session.newId() } : event,
  );
  const verdicts = new Map<string, CallVerdict>();
  try {
    for await (const [id, verdict] of extensions.calls.judge(callsUpToFinish(openCalls(named)), execution)) {
      verdicts.set(id, verdict);
    }
  } finally {
    await store(session, named, verdicts);
  }
}

/** The calls that have no answer among the events. */
function openCalls(events: readonly NewEvent[]): ProposedCall[] {
  const answered = new Set(
    events.flatMap((event) => (event.kind === "AgentErrorEvent" ? [event.tool_call_id] : [])),
  );
  return events.filter(isNamedCall).filter((call) => !answered.has(call.tool_call_id));
}

function isNamedCall(event: NewEvent): event is ProposedCall {
  return event.kind === "ActionEvent" && event.id !== undefined;
}

/** Appends in one moment, so that everything shares a transaction. */
async function store(
  session: AgentSession,
  events: readonly NewEvent[],
  verdicts: ReadonlyMap<string, CallVerdict>,
): Promise<void> {
  const behind = [...verdicts.values()].flatMap((verdict) => verdict.events);
  if ([...verdicts.values()].every(({ records, refusal }) => records.length === 0 && refusal === undefined)) {
    await session.append([...events, ...behind]);
    return;
  }
  const stored = events.map((event) => {
    const { records, refusal } = verdicts.get(event.id ?? "") ?? { records: [], refusal: undefined };
    const refused =
      isNamedCall(event) && refusal !== undefined ? blocked(session.state, event.id, refusal) : {};
    return session.update(refused, [...records, event]);
  });
  await Promise.all([...stored, session.update({}, behind)]);
}
