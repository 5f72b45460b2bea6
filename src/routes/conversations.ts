import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import { queryBool, queryLimit, queryList } from "../http/route/query.ts";
import type { Route } from "../http/route/route.ts";
import {
  agentFinalResponse,
  conversationInfo,
  conversationPage,
  conversationSortOrder,
  success,
  updateConversationRequest,
} from "../wire/conversation.ts";
import { startConversationRequest } from "../wire/conversation-request.ts";
import { executionStatus } from "../wire/execution-status.ts";
import { uuid } from "../wire/ids.ts";
import { assertNamesNoOwnSecret } from "./access/own-secret-lookups.ts";
import {
  busy,
  conversationParams,
  notFound,
  orNotFound,
  refused,
  SUCCESS,
  successOf,
} from "./conversation-params.ts";
import { withObservability } from "./observability-headers.ts";

const includeSkills = queryBool()
  .default(false)
  .describe("Whether `agent.agent_context.skills` is filled; otherwise it is an empty list");

const MAX_BATCH = 99;

const shared = { tags: ["Conversations"], auth: "key" } as const;
const collectionRoute = group({ ...shared, access: "read:reachable", prefix: "/api/conversations" });
const conversationRoute = group({
  ...shared,
  access: "read:conversation",
  prefix: "/api/conversations/{conversation_id}",
  params: conversationParams,
});

/**
 * `/api/conversations`: the conversations themselves. Their verbs are in `conversation-verbs.ts`, their events in
 * `events.ts`.
 */
export function conversationRoutes(conversations: ConversationManager): Route[] {
  const verb = successOf(conversations);
  return [
    collectionRoute({
      method: "GET",
      path: "/search",
      id: "search_conversations",
      summary: "List conversations, a page at a time",
      query: z.object({
        page_id: z.string().optional().describe("`next_page_id` of the page before"),
        limit: queryLimit(),
        status: executionStatus.optional(),
        sort_order: conversationSortOrder.default("CREATED_AT_DESC"),
        include_skills: includeSkills,
      }),
      responses: { 200: { description: "A page of conversations", body: conversationPage } },
    }).handle(async ({ query, caller: { reach } }) => ({
      status: 200,
      json: await conversations.searchJson({
        reach,
        pageId: query.page_id,
        limit: query.limit,
        status: query.status,
        sortOrder: query.sort_order,
        includeSkills: query.include_skills,
      }),
    })),

    collectionRoute({
      method: "GET",
      path: "/count",
      id: "count_conversations",
      summary: "Count conversations",
      query: z.object({ status: executionStatus.optional() }),
      responses: { 200: { description: "How many there are", body: z.int() } },
    }).handle(async ({ query, caller: { reach } }) => ({
      status: 200,
      body: await conversations.count({ status: query.status, reach }),
    })),

    collectionRoute({
      method: "GET",
      path: "",
      id: "batch_get_conversations",
      summary: "Get several conversations by id",
      query: z.object({ ids: queryList(uuid).max(MAX_BATCH), include_skills: includeSkills }),
      responses: {
        200: {
          description: "In the order of the ids, null where there is none",
          body: z.array(conversationInfo.nullable()),
        },
      },
    }).handle(async ({ query, caller: { reach } }) => ({
      status: 200,
      body: await conversations.batchGet(query.ids, { includeSkills: query.include_skills, reach }),
    })),

    collectionRoute({
      method: "POST",
      path: "",
      id: "start_conversation",
      access: "write:reachable",
      summary: "Start a conversation, or get the one that has this id",
      query: z.object({ include_skills: includeSkills }),
      headers: {
        "X-OpenHands-Observability-Span-Name": "Fills in `observability_span_name`",
        "X-OpenHands-Observability-Tags": "Fills in `observability_tags`; separated by commas",
        "X-OpenHands-Observability-Metadata": "JSON object, merged into `observability_metadata`",
        "X-OpenHands-Observability-Parent-Span-Context": "Fills in `observability_parent_span_context`",
      },
      body: startConversationRequest,
      responses: {
        200: { description: "It exists already; the rest of the request is ignored", body: conversationInfo },
        201: { description: "Started", body: conversationInfo },
        400: {
          description: "The working directory cannot be used, or the body not be read",
          body: refused.body,
        },
        404: { description: "No such agent profile", body: refused.body },
        429: busy,
      },
    }).handle(async ({ body, query, request, caller }) => {
      assertNamesNoOwnSecret(body, caller);
      const asked = withObservability(body, request.headers);
      const { info, created, warnings } = await conversations.createFrom(asked, {
        includeSkills: query.include_skills,
        createdBy: caller.principal?.id,
        reach: caller.reach,
      });
      return created
        ? { status: 201, body: info, headers: warningHeader(warnings) }
        : { status: 200, body: info };
    }),

    conversationRoute({
      method: "GET",
      path: "",
      id: "get_conversation",
      summary: "Get a conversation",
      query: z.object({ include_skills: includeSkills }),
      responses: { 200: { description: "The conversation", body: conversationInfo }, 404: notFound },
    }).handle(async ({ params, query }) => ({
      status: 200,
      body: await orNotFound(
        conversations.get(params.conversation_id, { includeSkills: query.include_skills }),
      ),
    })),

    conversationRoute({
      method: "PATCH",
      path: "",
      id: "update_conversation",
      access: "write:conversation",
      runsOn: "owner",
      repeatable: true,
      summary: "Change title or tags",
      body: updateConversationRequest,
      responses: {
        200: { description: "Changed", body: success },
        404: notFound,
      },
    }).handle(({ params, body, caller: { reach } }) =>
      verb(params, (opened) =>
        opened.update({ ...body, tags: body.tags && { ...body.tags, ...reach.tags } }),
      ),
    ),

    conversationRoute({
      method: "DELETE",
      path: "",
      id: "delete_conversation",
      access: "write:conversation",
      runsOn: "owner",
      summary: "Delete a conversation; its workspace stays, its worktree goes, the worktree's branch stays",
      responses: { 200: { description: "Deleted", body: success }, 404: notFound },
    }).handle(async ({ params }) => {
      await orNotFound(conversations.delete(params.conversation_id));
      return SUCCESS;
    }),

    conversationRoute({
      method: "GET",
      path: "/agent_final_response",
      id: "get_conversation_agent_final_response",
      summary: "Get what the agent said last",
      responses: {
        200: { description: "Empty when it said nothing yet", body: agentFinalResponse },
        404: notFound,
      },
    }).handle(async ({ params }) => ({
      status: 200,
      body: {
        response: await orNotFound(conversations.agentFinalResponse(params.conversation_id)),
      },
    })),
  ];
}

/** The parts of a start that are not honoured in full, as RFC 7234 has them: 299 stands for any warning. */
function warningHeader(warnings: readonly string[]): Record<string, string> {
  if (warnings.length === 0) return {};
  return { warning: warnings.map((warning) => `299 - ${JSON.stringify(toAscii(warning))}`).join(", ") };
}

function toAscii(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}
