import type { z } from "zod";
import { type StartConversationRequest, startConversationRequest } from "../wire/conversation.ts";

/** What a start request may leave out, left out. */
export type NewConversation = z.input<typeof startConversationRequest>;

/** The whole request for `conversations.create`, defaults filled in. Throws zod's error, which names each field. */
export function newConversation(request: NewConversation): StartConversationRequest {
  return startConversationRequest.parse(request);
}
