import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { runtimeInfo } from "../wire/conversation.ts";
import { conversationParams, notFound, orNotFound } from "./conversation-params.ts";
import { answeringFailures } from "./machine/workspace-failure.ts";
import type { ServerRoutesDeps } from "./server.ts";

const runtimeRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "read:conversation",
  prefix: "/api/conversations/{conversation_id}/runtime",
  params: conversationParams,
});

/** Routes of the machine that a conversation works on. Only a separate one can be stopped. */
export function conversationRuntimeRoutes(
  conversations: ConversationManager,
  { conversationRuntime }: Pick<ServerRoutesDeps, "conversationRuntime">,
): Route[] {
  const state = () => ({
    responses: { 200: { description: "The state of the machine", body: runtimeInfo }, 404: notFound },
  });
  const routes = [
    runtimeRoute
      .lazy(
        {
          method: "GET",
          path: "",
          id: "get_local_conversation_runtime",
          runsOn: "owner",
          summary: "State of the machine",
        },
        state,
      )
      .handle(async ({ params }) => ({
        status: 200,
        body: await orNotFound(conversations.runtime(params.conversation_id)),
      })),
    runtimeRoute
      .lazy(
        {
          method: "POST",
          path: "/reprovision",
          id: "reprovision_local_conversation_runtime",
          access: "write:conversation",
          runsOn: "owner",
          repeatable: true,
          summary: "Start the machine if it is missing",
        },
        state,
      )
      .handle(async ({ params }) => {
        const { conversation_id: id } = params;
        const conversation = await orNotFound(conversations.open(id));
        // A program that does nothing: machines start when they are used.
        await answeringFailures(conversation.useWorkspace((workspace) => workspace.run(["true"])));
        return { status: 200, body: await conversations.runtime(id) };
      }),
  ];
  return conversationRuntime === "local" ? routes : [...routes, stopRoute(conversations)];
}

function stopRoute(conversations: ConversationManager): Route {
  return runtimeRoute
    .lazy(
      {
        method: "DELETE",
        path: "",
        id: "release_runtime",
        access: "write:conversation",
        runsOn: "owner",
        repeatable: true,
        summary: "Stop the machine; its next use starts it again",
      },
      () => ({ responses: { 204: { description: "Stopped" }, 404: notFound } }),
    )
    .handle(async ({ params }) => {
      await orNotFound(conversations.stopRuntime(params.conversation_id));
      return { status: 204 };
    });
}
