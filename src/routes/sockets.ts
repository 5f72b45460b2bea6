import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { queryBool, queryDatetime, queryInt } from "../http/route/query.ts";
import { type SocketRoute, socketRoute } from "../http/sockets/socket-route.ts";
import type { Client } from "../limits/client.ts";
import { BashSockets } from "../streams/bash-socket.ts";
import { type ConversationSocketsOptions, EventSockets } from "../streams/event-socket.ts";
import { SessionSockets } from "../streams/session-socket.ts";
import { SocketPlaces } from "../streams/socket-places.ts";
import type { Content } from "../wire/events/message.ts";
import { conversationParams } from "./conversation-params.ts";
import { type BashDeps, serverBashPlace } from "./machine/bash.ts";
import type { MachineScope } from "./machine/machine-scope.ts";

/** A message that a client has sent on a socket. */
interface SentMessage {
  conversationId: string;
  content: Content[];
  /** The client that has sent it. Left out where none has limits. */
  client?: Client | undefined;
  /** Stores it here, as the event with this id. */
  here(eventId?: string): Promise<void>;
}

/** Services for sockets, in addition to the conversations. */
export type SocketDeps = Pick<ConversationSocketsOptions, "logger" | "maxLagBytes"> & {
  /** Brings messages to the server that has their conversation. Default: this one. */
  passMessage?: ((message: SentMessage) => Promise<void>) | undefined;
  /** The client for which something is done. Default: it does not matter. */
  currentClient?: (() => Client | undefined) | undefined;
};

/** The sockets of conversations. Both kinds share the places that a conversation has. */
export function conversationSocketRoutes(
  conversations: ConversationManager,
  { passMessage = ({ here }) => here(), currentClient, ...options }: SocketDeps,
): SocketRoute[] {
  const deps: ConversationSocketsOptions = {
    ...options,
    places: new SocketPlaces(),
    conversations: {
      watch: async (id, form) => {
        await conversations.assertOpenable(id);
        return conversations.watch(id, form);
      },
      say: (conversationId, content) =>
        passMessage({
          conversationId,
          content,
          client: currentClient?.(),
          here: async (eventId) =>
            (await conversations.open(conversationId)).sendMessage(content, { eventId }),
        }),
    },
  };
  return [...eventSocketRoutes(new EventSockets(deps)), ...sessionSocketRoutes(new SessionSockets(deps))];
}

function sessionSocketRoutes(sockets: SessionSockets): SocketRoute[] {
  return [
    socketRoute({
      path: "/sockets/session/{conversation_id}",
      id: "followSession",
      access: "read:conversation",
      summary:
        "Follow a conversation from a place in its log; frames sent by the client are messages to the agent",
      params: conversationParams,
      query: z.object({
        after_seq: queryInt()
          .optional()
          .describe(
            "Place of the last event that the client has; -1 for none. Without it nothing of the past is sent",
          ),
      }),
    }).handle(({ params, query, caller }) => (socket) => {
      const readOnly = caller.scope === "read";
      void sockets.serve(params.conversation_id, socket, { afterSeq: query.after_seq, readOnly });
    }),
  ];
}

function eventSocketRoutes(sockets: EventSockets): SocketRoute[] {
  return [
    socketRoute({
      path: "/sockets/events/{conversation_id}",
      id: "follow_events",
      access: "read:conversation",
      summary: "Follow a conversation; frames sent by the client are messages to the agent",
      params: conversationParams,
      query: z.object({
        resend_mode: z.enum(["all", "since"]).optional(),
        after_timestamp: queryDatetime()
          .optional()
          .describe("First moment sent again by `resend_mode=since`"),
        resend_all: queryBool().default(false).describe("Deprecated: `resend_mode=all`"),
      }),
    }).handle(({ params, query, caller }) => (socket) => {
      void sockets.serve(params.conversation_id, socket, {
        readOnly: caller.scope === "read",
        resend: query.resend_mode ?? (query.resend_all ? "all" : "none"),
        after: query.after_timestamp,
      });
    }),
  ];
}

/** `/sockets/bash-events`: the bash commands of the server as they happen. Those of conversations are not shown. */
export function bashSocketRoutes(
  scope: MachineScope,
  { commands, mask, ...options }: SocketDeps & Pick<BashDeps, "commands" | "mask">,
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
      access: "admin",
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
