import type { NewEvent } from "../../wire/events/events.ts";
import type { ProposedReply } from "../loop/extension.ts";
import type { Moment } from "../loop/extensions/ask.ts";
import type { Extensions } from "../loop/extensions/extensions.ts";

/** Adds the ratings of extensions to the events of a reply. Without a rater they are returned as they are. */
export async function ratedEvents(
  events: readonly NewEvent[],
  { extensions, ...moment }: Moment & { extensions: Extensions },
): Promise<readonly NewEvent[]> {
  const rated: NewEvent[] = [];
  for (const event of events) {
    if (!isReply(event)) {
      rated.push(event);
      continue;
    }
    const named = { ...event, id: event.id ?? moment.session.newId() };
    const result = await extensions.rate(named, moment);
    rated.push(result === undefined ? named : { ...named, critic_result: result });
  }
  return rated;
}

function isReply(event: NewEvent): event is Omit<ProposedReply, "id"> & { id?: string } & NewEvent {
  return event.kind === "ActionEvent" || (event.kind === "MessageEvent" && event.source === "agent");
}
