import { z } from "zod";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import type { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { Socket } from "../../http/socket.ts";
import { type SocketRoute, socketRoute } from "../../http/sockets/socket-route.ts";
import { type Client, toClient } from "../../limits/client.ts";
import { success } from "../../wire/conversation.ts";
import { content } from "../../wire/events/message.ts";
import { uuid } from "../../wire/ids.ts";
import { conversationParams, SUCCESS } from "../conversation-params.ts";

/** Services for the routes between nodes. */
export interface ClusterDeps {
  /** The refusal of a request of this path; undefined for one that another node of the cluster has sent. */
  refusalOf(request: Request, pathname: string): AgentServerError | undefined;
  /** Does work for the client that another node names. */
  within<T>(client: Client, work: () => Promise<T>): Promise<T>;
  /** Serves the socket of another node that follows this one. undefined where something else carries frames. */
  readonly followedBy: ((socket: Socket) => void) | undefined;
}

/** Path of the sockets by which nodes follow each other. */
const FEED_PATH = "/cluster/feed";

const nodeRoute = group({
  prefix: "/cluster/conversations/{conversation_id}",
  tags: ["Cluster"],
  auth: "open",
  params: conversationParams,
});

/** `/cluster`: what nodes ask of each other. No client is answered. */
export function clusterRoutes(conversations: ConversationManager, deps: ClusterDeps): Route[] {
  const { refusalOf, within } = deps;
  const admit: Route["admit"] = (request, { pathname }) => refusalOf(request, pathname);
  const nothing = { 204: { description: "Done" } } as const;
  const routes = [
    nodeRoute
      .lazy(
        {
          method: "POST",
          path: "/hold",
          id: "hold_conversation",
          summary: "Take a conversation into memory, unless another node has it there",
          hidden: true,
          runsOn: "owner",
        },
        () => ({ responses: nothing }),
      )
      .handle(() => ({ status: 204 })),

    nodeRoute
      .lazy(
        {
          method: "POST",
          path: "/yield",
          id: "yield_conversation",
          summary: "Release a conversation in which nothing goes on",
          hidden: true,
        },
        () => ({ responses: nothing }),
      )
      .handle(async ({ params }) => {
        await conversations.yield(params.conversation_id);
        return { status: 204 };
      }),

    nodeRoute
      .lazy(
        {
          method: "POST",
          path: "/messages",
          id: "pass_message_on",
          summary: "Store a message that a client has sent on a socket of another node",
          hidden: true,
          runsOn: "owner",
        },
        () => ({
          body: z.object({ event_id: uuid, content: z.array(content), client: z.unknown().optional() }),
          responses: { 200: { description: "Stored", body: success } },
        }),
      )
      .handle(async ({ params, body }) => {
        const conversation = await conversations.open(params.conversation_id);
        const send = () => conversation.sendMessage(body.content, { eventId: body.event_id });
        const client = toClient(body.client);
        await (client === undefined ? send() : within(client, send));
        return SUCCESS;
      }),
  ];
  return routes.map((route) => ({ ...route, admit }));
}

/** The sockets by which nodes follow what is published at others. */
export function clusterSockets({ refusalOf, followedBy }: ClusterDeps): SocketRoute[] {
  if (followedBy === undefined) return [];
  return [
    socketRoute({
      path: FEED_PATH,
      id: "follow_node",
      summary: "Follow what is published at this node",
      auth: "open",
    }).handle(({ request }) => {
      const refusal = refusalOf(request, FEED_PATH);
      if (refusal !== undefined) throw refusal;
      return followedBy;
    }),
  ];
}
