import { z } from "zod";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { group } from "../http/route/group.ts";
import type { Route } from "../http/route/route.ts";
import { securityAnalyzer, setConfirmationPolicyRequest } from "../wire/agent/policies.ts";
import { success } from "../wire/conversation.ts";
import { loadPluginRequest } from "../wire/extensions/plugins.ts";
import { updateSecretsRequest } from "../wire/secret-source.ts";
import { assertNamesNoOwnSecret } from "./access/own-secret-lookups.ts";
import {
  busy,
  conflict,
  conversationParams,
  notFound,
  orNotFound,
  refused,
  SUCCESS,
  successOf,
  upstream,
} from "./conversation-params.ts";

const conversationRoute = group({
  tags: ["Conversations"],
  auth: "key",
  access: "write:conversation",
  prefix: "/api/conversations/{conversation_id}",
  params: conversationParams,
});

/** The verbs of one conversation: they answer `success` and nothing else. */
export function conversationVerbRoutes(conversations: ConversationManager): Route[] {
  const verb = successOf(conversations);
  return [
    conversationRoute({
      method: "POST",
      path: "/run",
      id: "run_conversation",
      runsOn: "owner",
      summary: "Let the agent work; answers at once",
      responses: {
        200: { description: "Started", body: success },
        404: notFound,
        409: conflict,
        429: busy,
      },
    }).handle(({ params }) => verb(params, (opened) => opened.run())),

    conversationRoute({
      method: "POST",
      path: "/pause",
      id: "pause_conversation",
      runsOn: "owner",
      repeatable: true,
      summary: "Stop after the current step",
      responses: { 200: { description: "Paused, or nothing to pause", body: success }, 404: notFound },
    }).handle(({ params }) => verb(params, (opened) => opened.pause())),

    conversationRoute({
      method: "POST",
      path: "/interrupt",
      id: "interrupt_conversation",
      runsOn: "owner",
      repeatable: true,
      summary: "Stop the current model call or tool at once",
      responses: {
        200: { description: "Interrupted, or nothing to interrupt", body: success },
        404: notFound,
      },
    }).handle(({ params }) => verb(params, (opened) => opened.interrupt())),

    conversationRoute({
      method: "POST",
      path: "/condense",
      id: "condense_conversation",
      runsOn: "owner",
      summary: "Put a summary in the place of older events; answers when that is done",
      responses: {
        200: { description: "Condensed", body: success },
        404: notFound,
        409: conflict,
        429: busy,
        502: upstream,
      },
    }).handle(({ params }) => verb(params, (opened) => opened.condense())),

    conversationRoute({
      method: "POST",
      path: "/secrets",
      id: "update_conversation_secrets",
      runsOn: "owner",
      repeatable: true,
      summary: "Add or replace secrets",
      body: updateSecretsRequest,
      responses: { 200: { description: "Taken", body: success }, 404: notFound },
    }).handle(({ params, body, caller }) => {
      assertNamesNoOwnSecret(body, caller);
      return verb(params, (opened) => opened.setSecrets(body.secrets));
    }),

    conversationRoute({
      method: "POST",
      path: "/confirmation_policy",
      id: "set_conversation_confirmation_policy",
      runsOn: "owner",
      repeatable: true,
      summary: "Say which actions wait for approval",
      body: setConfirmationPolicyRequest,
      responses: { 200: { description: "Set", body: success }, 404: notFound },
    }).handle(({ params, body }) => verb(params, (opened) => opened.setConfirmationPolicy(body.policy))),

    conversationRoute({
      method: "POST",
      path: "/security_analyzer",
      id: "set_conversation_security_analyzer",
      runsOn: "owner",
      repeatable: true,
      summary: "Say who judges the risk of actions",
      body: z
        .object({ security_analyzer: securityAnalyzer.nullable() })
        .meta({ id: "SetSecurityAnalyzerRequest" }),
      responses: { 200: { description: "Set", body: success }, 404: notFound },
    }).handle(({ params, body }) =>
      verb(params, (opened) => opened.setSecurityAnalyzer(body.security_analyzer)),
    ),

    conversationRoute
      .lazy(
        {
          method: "POST",
          path: "/load_plugin",
          id: "load_conversation_plugin",
          runsOn: "owner",
          summary: "Load a plugin of the marketplaces that the agent knows",
        },
        () => ({
          body: loadPluginRequest(),
          responses: {
            200: { description: "Loaded", body: success },
            400: refused,
            404: { ...notFound, description: "No such conversation, plugin or marketplace" },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id }, body }) => {
        const opened = await orNotFound(conversations.open(id));
        await opened.loadPlugin(body.plugin_ref);
        return SUCCESS;
      }),
  ];
}
