import { z } from "zod";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import { AgentServerError } from "../../errors.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { conversationParams } from "../conversation-params.ts";

/** The place of a login, and the headers that admit to it. */
interface LoginPlace {
  url: string;
  headers: Record<string, string>;
}

export interface CredentialBindingDeps {
  conversations: ConversationManager;
  /** Logins that other servers keep for the programs of conversations. */
  logins: {
    bind(conversationId: string, name: string, place: LoginPlace): Promise<void>;
    clear(): void;
  };
}

/** The one secret that can be bound: the login of Codex. */
const CODEX_LOGIN = "CODEX_AUTH_JSON";

const bindingRoute = group({
  prefix: "/api/conversations",
  tags: ["Credential Bindings"],
  auth: "key",
  access: "admin",
});

const headers = z
  .record(z.string(), z.string())
  .refine(areFewAndShort, "Value error, Invalid credential binding headers");

function areFewAndShort(all: Record<string, string>): boolean {
  const entries = Object.entries(all);
  const isShort = (text: string, limit: number) => text !== "" && text.length <= limit;
  return (
    entries.length <= 16 && entries.every(([name, value]) => isShort(name, 256) && isShort(value, 8_192))
  );
}

/** Logins that a platform keeps for conversations, and the rest of the server before the platform pauses its machine. */
export function credentialBindingRoutes({ conversations, logins }: CredentialBindingDeps): Route[] {
  return [
    bindingRoute
      .lazy(
        {
          method: "POST",
          path: "/prepare-for-sandbox-pause",
          id: "prepare_for_sandbox_pause",
          runsOn: "every",
          summary: "End what goes on in all conversations",
          hidden: true,
        },
        () => ({ responses: { 204: { description: "Nothing goes on any more" } } }),
      )
      .handle(async () => {
        await conversations.unload();
        logins.clear();
        // Those that were opened in between, while their logins were still there.
        await conversations.unload();
        return { status: 204 };
      }),

    bindingRoute
      .lazy(
        {
          method: "PUT",
          path: "/{conversation_id}/credential-bindings/{secret_name}",
          id: "activate_credential_binding",
          runsOn: "every",
          summary: "Bind a login that another server keeps",
          hidden: true,
        },
        () => ({
          params: conversationParams.extend({ secret_name: z.string() }),
          body: z.strictObject({ url: z.string().min(1).max(4_096), headers: headers.default({}) }),
          responses: {
            204: { description: "The program of the conversation signs in with it" },
            404: { description: "Such a secret cannot be bound", body: errorBody },
            403: { description: "The login is not to be had", body: errorBody },
            409: { description: "The login changes right now", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { conversation_id: id, secret_name: name }, body }) => {
        if (name !== CODEX_LOGIN) throw new AgentServerError("not_found");
        await assertAllowed(conversations, id, name);
        await logins.bind(id, name, body);
        await conversations.noteBindings(id);
        return { status: 204 };
      }),
  ];
}

/** Rejects a login that the agent profile of the conversation leaves out. A conversation that is not there yet may have it. */
async function assertAllowed(conversations: ConversationManager, id: string, name: string): Promise<void> {
  const [info] = await conversations.batchGet([id]);
  const refs = info?.launched_agent_profile?.secret_refs;
  if (refs == null || refs.includes(name)) return;
  throw new AgentServerError("forbidden", "Credential binding authorization was rejected");
}
