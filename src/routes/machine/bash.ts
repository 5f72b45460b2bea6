import { z } from "zod";
import type { BashCommands } from "../../bash/bash-commands.ts";
import type { BashMachine, BashPlace } from "../../bash/bash-place.ts";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { AgentServerError } from "../../errors.ts";
import { missingFromBody } from "../../http/route/body-errors.ts";
import { queryDatetime, queryInt, queryLimit, queryList } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import { validationError } from "../../http/route/validation.ts";
import { success } from "../../wire/conversation.ts";
import { uuid } from "../../wire/ids.ts";
import {
  bashCommand,
  bashEvent,
  bashEventPage,
  bashEventSortOrder,
  bashOutput,
  executeBashRequest,
} from "../../wire/machine/bash.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { EVENT_ID, eventIdIn, notFound, SUCCESS } from "../conversation-params.ts";
import { type MachineScope, machineGroup, type ScopeParams, usePlace } from "./machine-scope.ts";

/** Services for bash commands. */
export interface BashDeps {
  commands: BashCommands;
  /** Secret values of the server, which no output may show. */
  mask: BashMachine["mask"];
  /** Called when a client works on a machine; searches of commands are not counted. */
  onActivity(): void;
}

const COMMAND_ID = {
  [EVENT_ID]: "UUID that the command gets. One that is asked for again under it is started once",
};
const MAX_BATCH = 1_000;
const eventIds = queryList(z.string()).max(MAX_BATCH);

const searchQuery = z.object({
  kind__eq: z.enum(["BashCommand", "BashOutput"]).optional(),
  command_id__eq: uuid.optional().describe("Only the outputs of this command"),
  timestamp__gte: queryDatetime().optional().describe("UTC when it has no zone"),
  timestamp__lt: queryDatetime().optional().describe("UTC when it has no zone"),
  order__gt: queryInt().optional().describe("Only outputs with a greater order; commands stay"),
  sort_order: bashEventSortOrder.default("TIMESTAMP"),
  page_id: z.string().optional().describe("`next_page_id` of the page before"),
  limit: queryLimit(),
});

const unknownEvent = { description: "No such event", body: errorBody } as const;
const otherCommand = { description: "The id is that of another command", body: errorBody } as const;
const tooMany = { description: "Too many commands are running", body: errorBody } as const;

/** `…/bash`: commands that clients run on a machine. No agent sees them. */
export function bashRoutes(
  scope: MachineScope,
  { commands, mask, onActivity, conversations }: BashDeps & { conversations: ConversationManager },
): Route[] {
  const bashRoute = machineGroup(scope, "bash", "Bash");

  /** null for the server. Rejects for an unknown conversation. */
  const conversationIn = async ({ runtime_conversation_id: id }: ScopeParams) =>
    typeof id === "string" ? conversations.open(id) : null;

  /** The owner of the events. */
  const ownerIn = async (params: ScopeParams): Promise<string | null> =>
    (await conversationIn(params))?.id ?? null;

  const placeIn = async (params: ScopeParams): Promise<BashPlace> => {
    const conversation = await conversationIn(params);
    if (conversation === null) return serverBashPlace(scope, { mask });
    const use: BashPlace["use"] = (work) =>
      usePlace(conversation, (place) => work({ ...place, mask: () => conversation.secretMask() }));
    return { scope: conversation.id, use };
  };

  return [
    bashRoute({
      method: "POST",
      path: "/start_bash_command",
      id: "start_bash_command",
      access: scope.access("write"),
      runsOn: "owner",
      headers: COMMAND_ID,
      summary: "Run a command in the background; answers at once",
      body: executeBashRequest,
      responses: {
        200: { description: "Started", body: bashCommand },
        404: notFound,
        409: otherCommand,
        429: tooMany,
      },
    }).handle(async ({ params, body, request, begun }) => {
      onActivity();
      const options = { id: eventIdIn(request.headers), begun };
      return { status: 200, body: await commands.startCommand(await placeIn(params), body, options) };
    }),

    bashRoute({
      method: "POST",
      path: "/execute_bash_command",
      id: "execute_bash_command",
      access: scope.access("write"),
      runsOn: "owner",
      headers: COMMAND_ID,
      summary: "Run a command to its end",
      body: executeBashRequest,
      responses: {
        200: { description: "All output of the command, up to 8 Mi characters", body: bashOutput },
        404: notFound,
        409: otherCommand,
        429: tooMany,
      },
    }).handle(async ({ params, body, request, begun }) => {
      onActivity();
      const options = { id: eventIdIn(request.headers), begun };
      return { status: 200, json: await commands.execute(await placeIn(params), body, options) };
    }),

    bashRoute({
      method: "POST",
      path: "/bash_commands/{command_id}/stop",
      id: "stop_bash_command",
      access: scope.access("write"),
      runsOn: "holder",
      claimedId: (_request, { command_id: id }) => id,
      repeatable: true,
      summary: "End a command with everything it started",
      params: z.object({ command_id: uuid }),
      responses: {
        200: { description: "It is being ended, or has ended before", body: success },
        404: { description: "No such command", body: errorBody },
      },
    }).handle(async ({ params }) => {
      onActivity();
      const isKnown = await commands.stop(await ownerIn(params), params.command_id);
      if (!isKnown) throw new AgentServerError("not_found");
      return SUCCESS;
    }),

    bashRoute({
      method: "GET",
      path: "/bash_events/search",
      id: "search_bash_events",
      access: scope.access("read"),
      summary: "List commands and their outputs, a page at a time",
      query: searchQuery,
      responses: {
        200: { description: "A page of events, keys that are null included", body: bashEventPage },
        404: notFound,
      },
    }).handle(async ({ params, query }) => ({
      status: 200,
      body: await commands.search(await ownerIn(params), {
        kind: query.kind__eq,
        commandId: query.command_id__eq,
        timestampGte: query.timestamp__gte,
        timestampLt: query.timestamp__lt,
        orderGt: query.order__gt,
        sortOrder: query.sort_order,
        pageId: query.page_id,
        limit: query.limit,
      }),
    })),

    bashRoute({
      method: "GET",
      path: "/bash_events/{event_id}",
      id: "get_bash_event",
      access: scope.access("read"),
      summary: "Get a command or an output",
      params: z.object({ event_id: z.string() }),
      responses: { 200: { description: "The event", body: bashEvent }, 404: unknownEvent },
    }).handle(async ({ params }) => {
      const event = await commands.get(await ownerIn(params), params.event_id);
      if (event === undefined) throw new AgentServerError("not_found");
      return { status: 200, body: event };
    }),

    bashRoute({
      method: "GET",
      path: "/bash_events/",
      id: "batch_get_bash_events",
      access: scope.access("read"),
      summary: "Get several events by id, named in the body or, for clients that cannot send one, in `ids`",
      query: z.object({ ids: eventIds.optional() }),
      body: eventIds,
      bodyOptional: true,
      responses: {
        200: {
          description: "In the order of the ids, null where there is none",
          body: z.array(bashEvent.nullable()),
        },
        404: notFound,
      },
    }).handle(async ({ params, query, body }) => ({
      status: 200,
      body: await commands.getMany(await ownerIn(params), body ?? query.ids ?? missingIds()),
    })),

    bashRoute({
      method: "DELETE",
      path: "/bash_events",
      id: "clear_all_bash_events",
      access: scope.access("write"),
      summary: "Remove all commands and outputs; commands that run go on",
      responses: {
        200: { description: "Their number", body: z.record(z.string(), z.int()) },
        404: notFound,
      },
    }).handle(async ({ params }) => ({
      status: 200,
      body: { cleared_count: await commands.clear(await ownerIn(params)) },
    })),
  ];
}

/** The machine of the server, as a place for commands that belong to no conversation. */
export function serverBashPlace(scope: MachineScope, { mask }: Pick<BashDeps, "mask">): BashPlace {
  return { scope: null, use: (work) => scope.use({}, (place) => work({ ...place, mask })) };
}

function missingIds(): never {
  throw validationError([missingFromBody()]);
}
