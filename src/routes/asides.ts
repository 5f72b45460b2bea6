import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { AgentServerError } from "../errors.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { askAgentRequest, askAgentResponse } from "../wire/asides/ask-agent.ts";
import { busy, conversationParams, notFound } from "./conversation-params.ts";

const asideRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "write:conversation",
  prefix: "/api/conversations/{conversation_id}",
  params: conversationParams,
});

/** Questions to an agent that are not part of its work. */
export function asideRoutes(conversations: ConversationManager): Route[] {
  return [
    asideRoute
      .lazy(
        {
          method: "POST",
          path: "/ask_agent",
          id: "ask_agent",
          runsOn: "owner",
          summary: "Ask about the conversation so far, also during a run; it leaves no event",
        },
        () => ({
          body: askAgentRequest,
          responses: {
            200: { description: "The answer", body: askAgentResponse },
            404: notFound,
            429: { ...busy, description: "Too many questions are being answered" },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body: { question } }) => {
        const response = await conversations
          .open(id)
          .then((opened) => opened.ask(question))
          .catch(inOtherWords);
        return { status: 200, body: { response } };
      }),
  ];
}

/** The reference names no id here. */
function inOtherWords(error: unknown): never {
  if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
  throw new AgentServerError("not_found", "Conversation not found");
}
