import { readFile } from "node:fs/promises";
import { AgentServerError, messageOf } from "../errors.ts";
import { type LlmScript, parseLlmScript } from "../testing/scripted-llm/llm-script-file.ts";
import { isSideRequest, startScriptedLlmServer } from "../testing/scripted-llm/scripted-llm-server.ts";

export interface MockLlmArguments {
  script: string;
  port: number;
}

/** Serves a scripted model until SIGINT or SIGTERM. Exits with 1 if steps were left over or missing. */
export async function mockLlm({ script: path, port }: MockLlmArguments): Promise<void> {
  const { steps, sideCalls, repeat } = await readScript(path);
  const rules = sideCalls === undefined ? [] : [{ when: isSideRequest, step: sideCalls }];
  const server = await startScriptedLlmServer(steps, { port, rules, repeat, record: false });
  process.stdout.write(
    [
      `Scripted model  ${server.origin}`,
      `OpenAI          ${server.url}  (chat/completions and responses)`,
      `Anthropic       ${server.origin}  (v1/messages)`,
      `Steps           ${steps.length}${repeat ? ", repeated" : ""}`,
      "",
    ].join("\n"),
  );
  const stop = async () => {
    await server.close();
    try {
      if (!repeat) server.assertDone();
    } catch (error) {
      process.stderr.write(`agent-server: ${messageOf(error)}\n`);
      process.exitCode = 1;
    }
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

async function readScript(path: string): Promise<LlmScript> {
  try {
    return parseLlmScript(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new AgentServerError("bad_request", `${path}: ${messageOf(error)}`);
  }
}
