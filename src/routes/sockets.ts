import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { queryBool, queryDatetime } from "../http/route/query.ts";
import { type SocketRoute, socketRoute } from "../http/sockets/socket-route.ts";
import { BashSockets } from "../streams/bash-socket.ts";
import { EventSockets, type EventSocketsOptions } from "../streams/event-socket.ts";
import { conversationParams } from "./conversation-params.ts";
import { type BashDeps, serverBashPlace } from "./machine/bash.ts";
import type { MachineScope } from "./machine/machine-scope.ts";

/** Services for event sockets, in addition to the conversations. */
export type EventSocketDeps = Omit<EventSocketsOptions, "conversations">;

export function eventSocketRoutes(
  conversations: ConversationManager,
  options: EventSocketDeps,
): SocketRoute[] {
  const sockets = new EventSockets({
    ...options,
    conversations: {
      watch: (id) => conversations.watch(id),
      say: async (id, content) => (await conversations.open(id)).sendMessage(content),
    },
  });
  return [
    socketRoute({
      path: "/sockets/events/{conversation_id}",
      id: "follow_events",
      summary: "Follow a conversation; frames sent by the client are messages to the agent",
      params: conversationParams,
      query: z.object({
        resend_mode: z.enum(["all", "since"]).optional(),
        after_timestamp: queryDatetime()
          .optional()
          .describe("First moment sent again by `resend_mode=since`"),
        resend_all: queryBool().default(false).describe("Deprecated: `resend_mode=all`"),
      }),
    }).handle(({ params, query }) => (socket) => {
      void sockets.serve(params.conversation_id, socket, {
        resend: query.resend_mode ?? (query.resend_all ? "all" : "none"),
        after: query.after_timestamp,
      });
    }),
  ];
}

/** `/sockets/bash-events`: the bash commands of the server as they happen. Those of conversations are not shown. */
export function bashSocketRoutes(
  scope: MachineScope,
  { commands, mask, ...options }: EventSocketDeps & Pick<BashDeps, "commands" | "mask">,
): SocketRoute[] {
  const place = serverBashPlace(scope, { mask });
  const sockets = new BashSockets({
    ...options,
    bash: {
      watch: () => commands.watch(),
      start: (request) => commands.startCommand(place, request),
      refusal: (code, detail) => commands.refusal(code, detail),
    },
  });
  return [
    socketRoute({
      path: "/sockets/bash-events",
      id: "followBashEvents",
      summary: "Follow the bash commands of the server; frames sent by the client are commands to start",
      query: z.object({
        resend_mode: z.enum(["all"]).optional(),
        resend_all: queryBool().default(false).describe("Deprecated: `resend_mode=all`"),
      }),
    }).handle(({ query }) => (socket) => {
      void sockets.serve(socket, { resend: query.resend_mode === "all" || query.resend_all });
    }),
  ];
}
