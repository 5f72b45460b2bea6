import { z } from "zod";
import { eventKind, logEvents, serverErrorEvent, streamingDeltaEvent } from "./events.ts";

/** A summary as the prompt has it. Normally it is not stored. */
const condensationSummaryEvent = eventKind("CondensationSummaryEvent", { summary: z.string() });

const tokenEvent = eventKind("TokenEvent", {
  prompt_token_ids: z.array(z.int()),
  response_token_ids: z.array(z.int()),
});

/** Every event that clients may meet: in logs, on sockets, and from servers with more features than this one. */
export const anyEvent = z
  .discriminatedUnion("kind", [
    ...logEvents,
    condensationSummaryEvent,
    serverErrorEvent,
    streamingDeltaEvent,
    tokenEvent,
  ])
  .meta({ id: "Event" });
