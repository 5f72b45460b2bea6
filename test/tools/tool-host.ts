import { AgentServerError } from "../../src/errors.ts";
import { SecretMask } from "../../src/secrets/masking/secret-mask.ts";
import type { ToolCallContext, ToolHost, ToolStorage } from "../../src/tools/tool.ts";
import type { ToolModels } from "../../src/tools/tool-models.ts";
import type { Skill } from "../../src/wire/agent/skill.ts";
import type { MessageEvent } from "../../src/wire/events/events.ts";
import { type LocalOptions, openLocal } from "../workspace/open-local.ts";

export interface TestHostOptions extends LocalOptions {
  /** Values of secrets, by name. */
  secrets?: Readonly<Record<string, string>>;
  params?: Record<string, unknown>;
  skills?: readonly Skill[];
  models?: ToolModels;
  messages?: readonly MessageEvent[];
  /** Replaces parts of the host. */
  host?: Partial<ToolHost>;
}

/** A server without saved models. */
export const NO_MODELS: ToolModels = {
  listed: [],
  list: async () => [],
  open: async ({ profile }) => {
    throw new AgentServerError("not_found", `Profile '${profile}' not found`);
  },
  switchTo: async ({ profile }) => {
    throw new AgentServerError("not_found", `Profile '${profile}' not found`);
  },
  rules: async () => null,
};

/** A host on this machine, in a new folder unless one is named. */
export async function toolHost({
  secrets = {},
  params = {},
  skills = [],
  models = NO_MODELS,
  messages = [],
  host = {},
  ...options
}: TestHostOptions = {}): Promise<ToolHost> {
  return {
    conversationId: "00000000-0000-4000-8000-000000000000",
    workspace: await openLocal(options),
    storage: memoryStorage(),
    params,
    secrets: {
      referencedIn: async (text) =>
        Object.fromEntries(Object.entries(secrets).filter(([name]) => text.includes(name))),
      mask: async () => SecretMask.of(Object.values(secrets)),
    },
    skills: () => skills,
    models,
    messages: () => messages,
    ...host,
  };
}

/** Keeps a value as JSON, as the store does. */
export function memoryStorage(): ToolStorage {
  let text: string | undefined;
  return {
    read: async () => (text === undefined ? undefined : JSON.parse(text)),
    write: async (value) => {
      text = JSON.stringify(value);
    },
  };
}

export function callContext(signal: AbortSignal = new AbortController().signal): ToolCallContext {
  return { toolCallId: "call_1", actionId: "action", signal };
}
