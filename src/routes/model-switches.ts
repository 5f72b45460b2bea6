import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import type { ProfileLaunches } from "../settings/launch/profile-launches.ts";
import { llmConfig } from "../wire/agent/llm-config.ts";
import { success } from "../wire/conversation.ts";
import { conversationParams, notFound, orNotFound, refused, SUCCESS } from "./conversation-params.ts";

export interface ModelSwitchDeps {
  conversations: ConversationManager;
  /** Reads the models of profiles and provider connections. */
  launches(): Promise<ProfileLaunches>;
}

const conversationRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "write:conversation",
  prefix: "/api/conversations/{conversation_id}",
  params: conversationParams,
});

/** Another model for a conversation, from its next call on. */
export function modelSwitchRoutes({ conversations, launches }: ModelSwitchDeps): Route[] {
  return [
    conversationRoute
      .lazy(
        {
          method: "POST",
          path: "/switch_llm",
          id: "switch_conversation_llm",
          runsOn: "owner",
          repeatable: true,
          summary: "Give the agent another model",
        },
        () => ({
          body: named("llm", z.object({ llm: llmConfig })),
          responses: {
            200: { description: "The next call is made to it", body: success },
            404: notFound,
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body }) => {
        const opened = await orNotFound(conversations.open(id));
        const llm = await (await launches()).sentModel(body.llm);
        await orNotFound(opened.switchLlm(llm));
        return SUCCESS;
      }),

    conversationRoute
      .lazy(
        {
          method: "POST",
          path: "/switch_profile",
          id: "switch_conversation_profile",
          runsOn: "owner",
          repeatable: true,
          summary: "Give the agent a saved model",
        },
        () => ({
          body: named("profile", z.object({ profile_name: z.string() })),
          responses: {
            200: { description: "The next call is made to it", body: success },
            400: { description: "The name is not valid, or the profile cannot be read", body: refused.body },
            404: { description: "No such conversation or profile", body: notFound.body },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body: { profile_name: name } }) => {
        const opened = await orNotFound(conversations.open(id));
        const llm = await (await launches()).model(name);
        await orNotFound(opened.switchLlm({ ...llm, usage_id: `profile:${name}` }));
        return SUCCESS;
      }),

    conversationRoute
      .lazy(
        {
          method: "POST",
          path: "/switch_acp_model",
          id: "switch_conversation_acp_model",
          runsOn: "owner",
          repeatable: true,
          summary: "Give an agent that is another program another model",
        },
        () => ({
          body: named("acp_model", z.object({ model: z.string() })),
          responses: {
            200: { description: "It is asked from the next message on", body: success },
            400: {
              description: "Another kind of agent, or a model that its program refuses",
              body: refused.body,
            },
            404: notFound,
            504: { description: "The program does not answer", body: refused.body },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body: { model } }) => {
        const opened = await orNotFound(conversations.open(id));
        await orNotFound(opened.switchAcpModel(model));
        return SUCCESS;
      }),
  ];
}

/** Names a body as the reference does. */
function named<T extends z.ZodType>(switched: string, schema: T): T {
  const operation = `switch_conversation_${switched}`;
  return schema.meta({ id: `Body_${operation}_api_conversations__conversation_id__switch_${switched}_post` });
}
