import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { queryBool, queryLimit, queryList } from "../http/route/query.ts";
import { type Route, route } from "../http/route/route.ts";
import { securityAnalyzer, setConfirmationPolicyRequest } from "../wire/agent/policies.ts";
import {
  agentFinalResponse,
  conversationInfo,
  conversationPage,
  conversationSortOrder,
  startConversationRequest,
  success,
  updateConversationRequest,
} from "../wire/conversation.ts";
import { executionStatus } from "../wire/execution-status.ts";
import { uuid } from "../wire/ids.ts";
import { updateSecretsRequest } from "../wire/secret-source.ts";
import {
  conflict,
  conversationParams,
  notFound,
  refused,
  SUCCESS,
  unknownAs,
} from "./conversation-params.ts";

const includeSkills = queryBool()
  .default(false)
  .describe("Whether `agent.agent_context.skills` is filled; otherwise it is an empty list");

const MAX_BATCH = 99;

/** `/api/conversations`: the conversations themselves. What is said in them is in `events.ts`. */
export function conversationRoutes(conversations: ConversationManager): Route[] {
  const open = (id: string, unknown: "not_found" | "bad_request" = "not_found") =>
    unknownAs(unknown, conversations.open(id));

  return [
    route({
      method: "GET",
      path: "/api/conversations/search",
      id: "searchConversations",
      summary: "List conversations, a page at a time",
      tags: ["Conversations"],
      auth: "key",
      query: z.object({
        page_id: z.string().optional().describe("`next_page_id` of the page before"),
        limit: queryLimit(),
        status: executionStatus.optional(),
        sort_order: conversationSortOrder.default("CREATED_AT_DESC"),
        include_skills: includeSkills,
      }),
      responses: { 200: { description: "A page of conversations", body: conversationPage } },
    }).handle(async ({ query }) => ({
      status: 200,
      body: await conversations.search({
        pageId: query.page_id,
        limit: query.limit,
        status: query.status,
        sortOrder: query.sort_order,
        includeSkills: query.include_skills,
      }),
    })),

    route({
      method: "GET",
      path: "/api/conversations/count",
      id: "countConversations",
      summary: "Count conversations",
      tags: ["Conversations"],
      auth: "key",
      query: z.object({ status: executionStatus.optional() }),
      responses: { 200: { description: "How many there are", body: z.int() } },
    }).handle(async ({ query }) => ({ status: 200, body: await conversations.count(query.status) })),

    route({
      method: "GET",
      path: "/api/conversations",
      id: "batchGetConversations",
      summary: "Get several conversations by id",
      tags: ["Conversations"],
      auth: "key",
      query: z.object({ ids: queryList(uuid).max(MAX_BATCH), include_skills: includeSkills }),
      responses: {
        200: {
          description: "In the order asked for, null where there is none",
          body: z.array(conversationInfo.nullable()),
        },
      },
    }).handle(async ({ query }) => ({
      status: 200,
      body: await conversations.batchGet(query.ids, { includeSkills: query.include_skills }),
    })),

    route({
      method: "POST",
      path: "/api/conversations",
      id: "startConversation",
      summary: "Start a conversation, or get the one that has this id",
      tags: ["Conversations"],
      auth: "key",
      query: z.object({ include_skills: includeSkills }),
      body: startConversationRequest,
      responses: {
        200: { description: "It exists already; the rest of the request is ignored", body: conversationInfo },
        201: { description: "Started", body: conversationInfo },
        404: { description: "No such agent profile", body: refused.body },
      },
    }).handle(async ({ body, query }) => {
      const { info, created } = await conversations.createFrom(body, {
        includeSkills: query.include_skills,
      });
      return created ? { status: 201, body: info } : { status: 200, body: info };
    }),

    route({
      method: "GET",
      path: "/api/conversations/{conversation_id}",
      id: "getConversation",
      summary: "Get a conversation",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      query: z.object({ include_skills: includeSkills }),
      responses: { 200: { description: "The conversation", body: conversationInfo }, 404: notFound },
    }).handle(async ({ params, query }) => ({
      status: 200,
      body: await unknownAs(
        "not_found",
        conversations.get(params.conversation_id, { includeSkills: query.include_skills }),
      ),
    })),

    route({
      method: "PATCH",
      path: "/api/conversations/{conversation_id}",
      id: "updateConversation",
      summary: "Change title or tags",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      body: updateConversationRequest,
      responses: {
        200: { description: "`success` is false when there is no such conversation", body: success },
      },
    }).handle(async ({ params, body }) => {
      const [known] = await conversations.batchGet([params.conversation_id]);
      if (known === null) return { status: 200, body: { success: false } };
      await (await open(params.conversation_id)).update(body);
      return SUCCESS;
    }),

    route({
      method: "DELETE",
      path: "/api/conversations/{conversation_id}",
      id: "deleteConversation",
      summary: "Delete a conversation; its workspace stays",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      responses: { 200: { description: "Deleted", body: success }, 400: notFound },
    }).handle(async ({ params }) => {
      await unknownAs("bad_request", conversations.delete(params.conversation_id));
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/run",
      id: "runConversation",
      summary: "Let the agent work; answers at once",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      responses: { 200: { description: "Started", body: success }, 404: notFound, 409: conflict },
    }).handle(async ({ params }) => {
      await (await open(params.conversation_id)).run();
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/pause",
      id: "pauseConversation",
      summary: "Stop after the step under way",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      responses: { 200: { description: "Paused, or nothing to pause", body: success }, 400: notFound },
    }).handle(async ({ params }) => {
      await (await open(params.conversation_id, "bad_request")).pause();
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/interrupt",
      id: "interruptConversation",
      summary: "Stop the model call or tool under way at once",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      responses: {
        200: { description: "Interrupted, or nothing to interrupt", body: success },
        400: notFound,
      },
    }).handle(async ({ params }) => {
      await (await open(params.conversation_id, "bad_request")).interrupt();
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/secrets",
      id: "updateConversationSecrets",
      summary: "Add or replace secrets",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      body: updateSecretsRequest,
      responses: { 200: { description: "Taken", body: success }, 404: notFound },
    }).handle(async ({ params, body }) => {
      await (await open(params.conversation_id)).setSecrets(body.secrets);
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/confirmation_policy",
      id: "setConfirmationPolicy",
      summary: "Say which actions wait for approval",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      body: setConfirmationPolicyRequest,
      responses: { 200: { description: "Set", body: success }, 404: notFound },
    }).handle(async ({ params, body }) => {
      await (await open(params.conversation_id)).setConfirmationPolicy(body.policy);
      return SUCCESS;
    }),

    route({
      method: "POST",
      path: "/api/conversations/{conversation_id}/security_analyzer",
      id: "setSecurityAnalyzer",
      summary: "Say who judges the risk of actions",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      body: z
        .object({ security_analyzer: securityAnalyzer.nullable() })
        .meta({ id: "SetSecurityAnalyzerRequest" }),
      responses: { 200: { description: "Set", body: success }, 404: notFound },
    }).handle(async ({ params, body }) => {
      await (await open(params.conversation_id)).setSecurityAnalyzer(body.security_analyzer);
      return SUCCESS;
    }),

    route({
      method: "GET",
      path: "/api/conversations/{conversation_id}/agent_final_response",
      id: "getAgentFinalResponse",
      summary: "Get what the agent said last",
      tags: ["Conversations"],
      auth: "key",
      params: conversationParams,
      responses: {
        200: { description: "Empty when it said nothing yet", body: agentFinalResponse },
        404: notFound,
      },
    }).handle(async ({ params }) => ({
      status: 200,
      body: {
        response: await unknownAs("not_found", conversations.agentFinalResponse(params.conversation_id)),
      },
    })),
  ];
}
