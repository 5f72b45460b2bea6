import { z } from "zod";
import { nullable } from "../nullable.ts";
import { eventKind, logEvents, serverErrorEvent, streamingDeltaEvent } from "./events.ts";

/** A tool call of an agent that is another program. */
const acpToolCallEvent = eventKind("ACPToolCallEvent", {
  tool_call_id: z.string(),
  title: z.string(),
  status: nullable(z.string()),
  tool_kind: nullable(z.string()),
  raw_input: nullable(z.unknown()),
  raw_output: nullable(z.unknown()),
  content: nullable(z.array(z.unknown())),
  is_error: z.boolean().default(false),
});

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
    acpToolCallEvent,
    condensationSummaryEvent,
    serverErrorEvent,
    streamingDeltaEvent,
    tokenEvent,
  ])
  .meta({ id: "Event" });
