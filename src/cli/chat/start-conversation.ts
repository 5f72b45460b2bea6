import { AgentServerError } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import { isLoopbackHost } from "../../loopback.ts";
import type { ServerClient } from "./server-client.ts";

/** Wishes for a new conversation. */
export interface StartArguments {
  /** Name of a model. Default: the one of the server's settings. */
  model: string | undefined;
  /** Folder on the server's machine. Default: this one where the server is on this machine, else `workspace/project`. */
  workspace: string | undefined;
  /** Every call waits for a yes. */
  confirm: boolean;
}

const TOOLS = ["terminal", "file_editor", "task_tracker"].map((name) => ({ name }));

/** Starts a conversation without a message. Returns its id. */
export async function startConversation(client: ServerClient, wishes: StartArguments): Promise<string> {
  const { confirm, workspace = defaultFolder(client.url) } = wishes;
  const agent = wishes.model === undefined ? await agentOfSettings(client) : agentWith(wishes.model);
  const { id } = asObject(
    await client.post("/api/conversations", {
      ...agent,
      workspace: { working_dir: workspace },
      ...(confirm && { confirmation_policy: { kind: "AlwaysConfirm" } }),
    }),
  );
  if (typeof id !== "string") throw new AgentServerError("bad_gateway", "the server answered without an id");
  return id;
}

function defaultFolder(url: string): string {
  return isLoopbackHost(new URL(url).hostname) ? process.cwd() : "workspace/project";
}

/** The key of the model may stand in LLM_API_KEY, its address in LLM_BASE_URL: the server has its own otherwise. */
function agentWith(model: string): object {
  const { LLM_API_KEY: key, LLM_BASE_URL: url } = process.env;
  const llm = { model, stream: true, ...(key && { api_key: key }), ...(url && { base_url: url }) };
  return { agent: { kind: "Agent", llm, tools: TOOLS } };
}

/** The agent of the server's settings. Its secrets come and go encrypted with the key of the server. */
async function agentOfSettings(client: ServerClient): Promise<object> {
  const settings = asObject(
    await client.get("/api/settings", { "X-Expose-Secrets": "encrypted" }).catch(withCure),
  );
  const agent = asObject(settings.agent_settings);
  if (agent.agent_kind === "acp") return { agent_settings: agent, secrets_encrypted: true };
  const llm = asObject(agent.llm);
  const isFree = typeof llm.base_url === "string" || String(llm.model).startsWith("demo/");
  if (settings.llm_api_key_is_set !== true && !isFree)
    throw noModel("the server's settings have no model with a key");
  return { agent_settings: { ...agent, llm: { ...llm, stream: true } }, secrets_encrypted: true };
}

function withCure(error: unknown): never {
  if (AgentServerError.is(error) && error.code === "bad_gateway") throw noModel(error.message);
  throw error;
}

function noModel(reason: string): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `${reason}. Name a model: --model anthropic/claude-sonnet-4-5, with its key in LLM_API_KEY; ` +
      "--model demo/tour needs none",
  );
}
