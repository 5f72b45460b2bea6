import type { SecretMask } from "../../../secrets/masking/secret-mask.ts";
import type { NewEvent } from "../../../wire/events/events.ts";

/**
 * Whether an event has text that was not masked where it was made: of a failure of the run, or of what an extension adds
 * to the result of a tool.
 */
export function needsMask(event: NewEvent): boolean {
  if (event.kind === "ObservationEvent") return (event.extended_content ?? []).length > 0;
  return event.kind === "ConversationErrorEvent";
}

/** Hides secret values in the text of such an event. Returns any other event as it is. */
export async function maskEvent(event: NewEvent, mask: SecretMask): Promise<NewEvent> {
  switch (event.kind) {
    case "ConversationErrorEvent":
      return { ...event, detail: await mask.maskLong(event.detail) };
    case "ObservationEvent": {
      const parts = event.extended_content ?? [];
      const masked = parts.map(async (part) => ({ ...part, text: await mask.maskLong(part.text) }));
      return { ...event, extended_content: await Promise.all(masked) };
    }
    default:
      return event;
  }
}
