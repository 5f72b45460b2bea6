import { join } from "node:path";
import { ask } from "./load/http-client.ts";

export interface NewConversation {
  url: string;
  /** The model's base URL. */
  model: string;
  folder: string;
  maxIterations?: number;
  /** Names of tools beside those every agent has. */
  tools?: readonly string[];
}

/** Creates a conversation; gives its id. */
export async function createConversation({
  url,
  model,
  folder,
  ...options
}: NewConversation): Promise<string> {
  const { id } = await ask<{ id: string }>(`${url}/api/conversations`, "POST", {
    agent: {
      llm: { model: "openai/scripted", base_url: model, api_key: "none" },
      tools: (options.tools ?? []).map((name) => ({ name })),
    },
    workspace: { working_dir: join(folder, "project") },
    autotitle: false,
    max_iterations: options.maxIterations ?? 500,
  });
  return id;
}

export async function send(url: string, id: string, text: string, run = true): Promise<void> {
  const content = [{ type: "text", text }];
  await ask(`${url}/api/conversations/${id}/events`, "POST", { role: "user", content, run });
}

/** Looks every few milliseconds until the run is over, by the route that tells least. */
export async function untilIdle(url: string, id: string): Promise<void> {
  for (;;) {
    const [info] = await ask<{ execution_status: string }[]>(`${url}/api/conversations?ids=${id}`);
    const status = info?.execution_status;
    if (status === "finished") return;
    if (status === "error" || status === "stuck") throw new Error(`the conversation ended as ${status}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
