import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { checkRole } from "../conversations/live/user-message.ts";
import { missingFromBody } from "../http/route/body-errors.ts";
import { group } from "../http/route/group.ts";
import { queryDatetime, queryLimit, queryList } from "../http/route/query.ts";
import type { Route } from "../http/route/route.ts";
import { validationError } from "../http/route/validation.ts";
import { confirmationResponseRequest } from "../wire/agent/policies.ts";
import { eventPage, eventSortOrder, success } from "../wire/conversation.ts";
import { anyEvent } from "../wire/events/any-event.ts";
import { sendMessageRequest } from "../wire/events/message.ts";
import { errorBody } from "../wire/validation-error.ts";
import {
  busy,
  conflict,
  conversationParams,
  EVENT_ID,
  eventIdIn,
  notFound,
  SUCCESS,
} from "./conversation-params.ts";

const filterQuery = z.object({
  kind: z.string().optional().describe("Class name, alone or with the reference's module path"),
  source: z.string().optional().describe("agent, user, environment or hook"),
  body: z.string().optional().describe("Text that a message contains, in any case"),
  timestamp__gte: queryDatetime().optional().describe("Server-local time when it has no zone"),
  timestamp__lt: queryDatetime().optional().describe("Server-local time when it has no zone"),
});

function toCriteria(query: z.output<typeof filterQuery>) {
  const { kind, source, body, timestamp__gte: timestampGte, timestamp__lt: timestampLt } = query;
  return { kind, source, body, timestampGte, timestampLt };
}

const MAX_BATCH = 100;
const eventIds = queryList(z.string()).max(MAX_BATCH);

const eventRoute = group({
  prefix: "/api/conversations/{conversation_id}/events",
  tags: ["Events"],
  auth: "key",
  access: "read:conversation",
  params: conversationParams,
});

/** `/api/conversations/{conversation_id}/events`: the log of a conversation. */
export function eventRoutes(conversations: ConversationManager): Route[] {
  return [
    eventRoute({
      method: "GET",
      path: "/search",
      id: "search_conversation_events",
      summary: "List events, a page at a time",
      query: filterQuery.extend({
        page_id: z.string().optional().describe("`next_page_id` of the page before"),
        limit: queryLimit(),
        sort_order: eventSortOrder.default("TIMESTAMP"),
      }),
      responses: {
        200: { description: "A page of events, keys that are null left out", body: eventPage },
        404: notFound,
      },
    }).handle(async ({ params, query }) => ({
      status: 200,
      json: await conversations.events.searchJson(params.conversation_id, {
        ...toCriteria(query),
        pageId: query.page_id,
        limit: query.limit,
        sortOrder: query.sort_order,
      }),
    })),

    eventRoute({
      method: "GET",
      path: "/count",
      id: "count_conversation_events",
      summary: "Count events",
      query: filterQuery,
      responses: { 200: { description: "How many match", body: z.int() }, 404: notFound },
    }).handle(async ({ params, query }) => ({
      status: 200,
      body: await conversations.events.count(params.conversation_id, toCriteria(query)),
    })),

    eventRoute({
      method: "GET",
      path: "/{event_id}",
      id: "get_conversation_event",
      summary: "Get an event",
      params: z.object({ event_id: z.string() }),
      responses: {
        200: { description: "The event, keys that are null included", body: anyEvent },
        404: notFound,
      },
    }).handle(async ({ params }) => ({
      status: 200,
      json: await conversations.events.getJson(params.conversation_id, params.event_id),
    })),

    eventRoute({
      method: "GET",
      path: "",
      id: "batch_get_conversation_events",
      summary: "Get several events by id, named in the body or, for clients that cannot send one, in `ids`",
      query: z.object({ ids: eventIds.optional() }),
      body: eventIds,
      bodyOptional: true,
      responses: {
        200: {
          description: "In the order of the ids, null where there is none",
          body: z.array(anyEvent.nullable()),
        },
        404: notFound,
      },
    }).handle(async ({ params, query, body }) => ({
      status: 200,
      json: await conversations.events.getManyJson(params.conversation_id, body ?? query.ids ?? missingIds()),
    })),

    eventRoute({
      method: "POST",
      path: "",
      id: "send_message",
      access: "write:conversation",
      runsOn: "owner",
      repeatable: true,
      eventIdHeader: EVENT_ID,
      headers: {
        [EVENT_ID]: "UUID that the event gets. A message that is sent again under it is stored once",
      },
      summary: "Say something to the agent",
      body: sendMessageRequest,
      responses: {
        200: { description: "Stored", body: success },
        404: notFound,
        429: { description: "Stored, and too many runs are active: call `run` later", body: errorBody },
      },
    }).handle(async ({ params, body, request }) => {
      const conversation = await conversations.open(params.conversation_id);
      checkRole(body);
      await conversation.sendMessage(body.content, { run: body.run, eventId: eventIdIn(request.headers) });
      return SUCCESS;
    }),

    eventRoute({
      method: "POST",
      path: "/respond_to_confirmation",
      id: "respond_to_confirmation",
      access: "write:conversation",
      runsOn: "owner",
      summary: "Approve or reject the actions that wait",
      body: confirmationResponseRequest,
      responses: {
        200: { description: "Taken; a rejection also when nothing waits", body: success },
        404: notFound,
        409: conflict,
        429: busy,
      },
    }).handle(async ({ params, body }) => {
      await (await conversations.open(params.conversation_id)).respondToConfirmation({
        accept: body.accept,
        reason: body.reason,
        actionIds: body.action_ids ?? undefined,
      });
      return SUCCESS;
    }),
  ];
}

function missingIds(): never {
  throw validationError([missingFromBody()]);
}
