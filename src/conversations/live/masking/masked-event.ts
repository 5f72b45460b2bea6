import { DeepMask } from "../../../secrets/masking/deep-mask.ts";
import type { SecretMask } from "../../../secrets/masking/secret-mask.ts";
import type { NewEvent } from "../../../wire/events/events.ts";

/**
 * Whether an event has text that was not masked where it was made: of a failure of the run, of an analyzer about a
 * call, or of what an extension adds to the result of a tool.
 */
export function needsMask(event: NewEvent): boolean {
  switch (event.kind) {
    case "ConversationErrorEvent":
      return true;
    case "ObservationEvent":
      return (event.extended_content ?? []).length > 0;
    case "SecurityAnalysisEvent":
      return Object.keys(event.details ?? {}).length > 0;
    default:
      return false;
  }
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
    case "SecurityAnalysisEvent":
      return { ...event, details: (await new DeepMask(mask).value(event.details)) as typeof event.details };
    default:
      return event;
  }
}
