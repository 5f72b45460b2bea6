import type { ConversationManager } from "../conversations/conversation-manager.ts";
import type { Route } from "../http/route/route.ts";
import type { SocketRoute } from "../http/sockets/socket-route.ts";
import type { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import { conversationVerbRoutes } from "./conversation-verbs.ts";
import { conversationRoutes } from "./conversations.ts";
import { eventRoutes } from "./events.ts";
import { gitRoutes } from "./git.ts";
import { conversationScope, serverScope } from "./machine-scope.ts";
import { type ServerRoutesDeps, serverRoutes } from "./server.ts";
import { type EventSocketDeps, eventSocketRoutes } from "./sockets.ts";

/** Services for the routes. */
export interface RoutesDeps {
  conversations: ConversationManager;
  machine: LazyWorkspace;
  server: ServerRoutesDeps;
  sockets: EventSocketDeps;
}

/** Every route of the server. A new resource is one line here. */
export function allRoutes({ conversations, machine, server }: RoutesDeps): Route[] {
  const scopes = [serverScope(machine), conversationScope(conversations)];
  return [
    ...serverRoutes(server),
    ...conversationRoutes(conversations),
    ...conversationVerbRoutes(conversations),
    ...eventRoutes(conversations),
    ...scopes.flatMap(gitRoutes),
  ];
}

/** Every socket of the server. */
export function allSockets({ conversations, sockets }: RoutesDeps): SocketRoute[] {
  return eventSocketRoutes(conversations, sockets);
}
