// The active agent for programs that speak OpenAI's API. Run it with:  npm run example examples/30-openai-gateway.ts

import type { ServerOptions } from "agent-server";
import { createServer } from "agent-server";
import { say, scriptedLlm } from "agent-server/testing";
import OpenAI from "openai";

const KEY = "my-key";

export function buildServer(options: ServerOptions = {}) {
  return createServer({
    apiKeys: [KEY],
    // A model that plays a script. Leave this line out for the models of the LLM profiles.
    createLlm: () => scriptedLlm([say("There are three files."), say("The largest is README.md.")]),
    ...options,
  });
}

/** Asks the agent twice. It remembers: a header names its conversation. */
export async function askTwice(url: string): Promise<(string | null | undefined)[]> {
  // Each LLM profile is a model of the gateway. Users save theirs in Agent Canvas, or once like this.
  await fetch(`${url}/api/profiles/fast`, {
    method: "POST",
    headers: { "X-Session-API-Key": KEY, "Content-Type": "application/json" },
    body: JSON.stringify({ llm: { model: "anthropic/claude-sonnet-4-5" } }),
  });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY });
  const ask = (content: string, headers: Record<string, string> = {}) =>
    client.chat.completions
      .create({ model: "openhands_fast", messages: [{ role: "user", content }] }, { headers })
      .withResponse();

  const first = await ask("How many files are there?");
  const id = first.response.headers.get("X-OpenHands-ServerConversation-ID") ?? "";
  const second = await ask("And which is the largest?", { "X-OpenHands-ServerConversation-ID": id });
  return [first, second].map(({ data }) => data.choices[0]?.message.content);
}

if (process.argv[1] === import.meta.filename) {
  await using server = buildServer();
  const { url } = await server.listen(0);
  for (const answer of await askTwice(url)) console.log(answer);
}
