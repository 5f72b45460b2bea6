import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import { queryBool } from "../http/route/query.ts";
import type { Route } from "../http/route/route.ts";
import { once } from "../once.ts";
import {
  conversationInfo,
  forkConversationRequest,
  navigateConversationRequest,
  startChildConversationRequest,
  startChildConversationResponse,
} from "../wire/conversation.ts";
import { busy, conflict, conversationParams, notFound, orNotFound } from "./conversation-params.ts";

const treeRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "write:conversation",
  prefix: "/api/conversations/{conversation_id}",
  params: conversationParams,
});

const query = once(() => z.object({ include_skills: queryBool().default(false) }));

/** Conversations that come of others, and the branches of one. */
export function conversationTreeRoutes(conversations: ConversationManager): Route[] {
  return [
    treeRoute
      .lazy(
        {
          method: "POST",
          path: "/fork",
          id: "fork_conversation",
          summary: "Make a conversation that begins with the events of this one",
          bodyOptional: true,
        },
        () => ({
          query: query(),
          body: forkConversationRequest,
          responses: {
            201: { description: "The fork", body: conversationInfo },
            404: { description: "No such conversation or event", body: notFound.body },
            409: { description: "The id is taken", body: conflict.body },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body, query: { include_skills }, caller }) => {
        const { principal, reach } = caller;
        const { info } = await conversations.fork(id, {
          id: body?.id,
          title: body?.title,
          tags: { ...body?.tags, ...reach.tags },
          resetMetrics: body?.reset_metrics,
          fromEventId: body?.from_event_id,
          createdBy: principal?.id,
          includeSkills: include_skills,
        });
        return { status: 201, body: info };
      }),

    treeRoute
      .lazy(
        {
          method: "POST",
          path: "/children",
          id: "start_child_conversation",
          runsOn: "owner",
          summary: "Start a conversation that works on a task for this one",
        },
        () => ({
          body: startChildConversationRequest,
          responses: {
            201: { description: "The child", body: startChildConversationResponse },
            400: { description: "The working directory cannot be used", body: notFound.body },
            404: notFound,
            429: busy,
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body }) => ({
        status: 201,
        body: await conversations.startChild(id, body),
      })),

    treeRoute
      .lazy(
        {
          method: "POST",
          path: "/navigate",
          id: "navigate_conversation",
          runsOn: "owner",
          summary: "Continue from another event",
        },
        () => ({
          query: query(),
          body: navigateConversationRequest,
          responses: {
            200: { description: "The conversation with its new HEAD", body: conversationInfo },
            404: { description: "No such conversation or event", body: notFound.body },
            409: conflict,
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body, query: { include_skills } }) => {
        const opened = await orNotFound(conversations.open(id), "Conversation not found");
        await opened.navigate(body.event_id);
        const info = await conversations.get(id, { includeSkills: include_skills });
        // The reference says nothing of the runtime here.
        return { status: 200, body: { ...info, runtime_info: null } };
      }),
  ];
}
