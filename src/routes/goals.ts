import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { startGoalRequest } from "../wire/asides/goal.ts";
import { success } from "../wire/conversation.ts";
import { busy, conflict, conversationParams, notFound, refused, successOf } from "./conversation-params.ts";

const goalRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "write:conversation",
  prefix: "/api/conversations/{conversation_id}/goal",
  params: conversationParams,
});

/** The answers to a goal that is to begin. */
const begun = {
  200: { description: "Begun", body: success },
  400: refused,
  404: notFound,
  409: conflict,
  429: busy,
} as const;

/** Goals of a conversation: the agent works until a judge finds that one is reached. */
export function goalRoutes(conversations: ConversationManager): Route[] {
  const verb = successOf(conversations);
  return [
    goalRoute
      .lazy(
        {
          method: "POST",
          path: "",
          id: "start_goal_in_conversation",
          runsOn: "owner",
          summary: "Let the agent work until a judge finds that a goal is reached; answers at once",
        },
        () => ({
          body: startGoalRequest,
          responses: begun,
        }),
      )
      .handle(({ params, body }) =>
        verb(params, (opened) => opened.startGoal(body.objective, { maxIterations: body.max_iterations })),
      ),

    goalRoute
      .lazy(
        {
          method: "POST",
          path: "/stop",
          id: "stop_goal_in_conversation",
          runsOn: "owner",
          repeatable: true,
          summary: "End the goal; the run goes on",
        },
        () => ({
          responses: { 200: { description: "Ended, or nothing to end", body: success }, 404: notFound },
        }),
      )
      .handle(({ params }) => verb(params, (opened) => opened.stopGoal())),

    goalRoute
      .lazy(
        {
          method: "POST",
          path: "/resume",
          id: "resume_goal_in_conversation",
          runsOn: "owner",
          summary: "Go on with the last goal that was interrupted; answers at once",
        },
        () => ({ responses: begun }),
      )
      .handle(({ params }) => verb(params, (opened) => opened.resumeGoal())),
  ];
}
