import type { Client } from "../../client.ts";
import { exchange, jsonOrText } from "../../exchange.ts";
import { finish, type Scenario, type Setting } from "../../scenario.ts";

const KEY = "the-key-of-the-start";
const ID = "00000000-0000-4000-8000-000000000001";

type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<void>;

/** Notes what a server that waits for its configuration answers. */
async function dormant(
  client: Client,
  { setting, variables = {} }: { setting: Setting; variables?: Record<string, string> },
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  const server = await setting.another({ OH_DEFERRED_INIT: "1", OH_SECRET_KEY: KEY, ...variables });
  try {
    await work(async (method, path, body, headers) => {
      const { status, bytes } = await exchange(server.url, { method, path, body, headers });
      const shown = `${method} ${path} ${Object.entries(headers ?? {}).join()}`;
      client.noted.push({ call: shown, status, body: jsonOrText(bytes) });
    });
  } finally {
    await server.stop();
  }
}

const init = (key: string) => ({ "X-Init-API-Key": key });
const session = (key: string) => ({ "X-Session-API-Key": key });

export const initScenarios: Scenario[] = [
  {
    name: "a server before and after it is configured",
    script: [finish],
    drive: (client, setting) =>
      dormant(client, { setting }, async (ask) => {
        await ask("GET", "/api/init");
        await ask("GET", "/ready");
        await ask("GET", "/alive");
        await ask("GET", "/health");
        await ask("GET", "/api/conversations/search");
        await ask("GET", "/api/conversations/count");
        await ask("GET", "/api/conversations/no-id");
        await ask("GET", "/api/settings");
        await ask("GET", "/api/settings", undefined, session(KEY));
        await ask("GET", "/api/tools/");
        await ask("GET", "/api/nothing");
        await ask("PUT", "/api/conversations", {});
        await ask("POST", "/api/conversations", {});
        await ask("POST", "/api/conversations", "{");
        await ask("POST", "/api/bash/execute_bash_command", { command: "true" });
        await ask("GET", `/api/conversations/${ID}/workspace/a.txt`);
        await ask("POST", "/api/init", {});
        await ask("POST", "/api/init", {}, init("wrong"));
        await ask("POST", "/api/init", {}, init(""));
        await ask("POST", "/api/init", {}, session(KEY));
        await ask("POST", "/api/init", "{", init("wrong"));
        await ask("POST", "/api/init", { nonsense: 1 }, init("wrong"));
        await ask("POST", "/api/init", { nonsense: 1 }, init(KEY));
        await ask("POST", "/api/init", [], init(KEY));
        await ask("POST", "/api/init", { session_api_keys: "a" }, init(KEY));
        await ask("POST", "/api/init", { session_api_keys: ["a", ""] }, init(KEY));
        await ask("POST", "/api/init", { max_concurrent_runs: 0 }, init(KEY));
        await ask("POST", "/api/init", { webhooks: [{}] }, init(KEY));
        await ask(
          "POST",
          "/api/init",
          { webhooks: [{ base_url: "http://127.0.0.1:9", flush_delay: 0 }] },
          init(KEY),
        );
        await ask("POST", "/api/init", { env: { A: 1 } }, init(KEY));
        await ask("POST", "/api/init", { telemetry: { exporter: "other" } }, init(KEY));
        await ask("GET", "/api/init");
        const given = {
          session_api_keys: ["given", "other"],
          secret_key: "the next key",
          max_concurrent_runs: 2,
        };
        await ask("POST", "/api/init", given, init(KEY));
        await ask("GET", "/api/init");
        await ask("GET", "/ready");
        await ask("GET", "/api/conversations/count");
        await ask("GET", "/api/conversations/count", undefined, session("wrong"));
        await ask("GET", "/api/conversations/count", undefined, session("given"));
        await ask("GET", "/api/conversations/count", undefined, session("other"));
        await ask("GET", "/api/conversations/search", undefined, session("given"));
        await ask("GET", `/api/conversations/${ID}`, undefined, session("given"));
        await ask("POST", "/api/init", {}, init(KEY));
        await ask("POST", "/api/init", {}, init("the next key"));
        await ask("POST", "/api/init", { session_api_keys: [""] }, init("the next key"));
        await ask("GET", "/api/conversations/count", undefined, session("given"));
      }),
  },
  {
    name: "a server that was configured at its start is asked to be configured",
    script: [finish],
    drive: (client, setting) =>
      dormant(client, { setting, variables: { OH_DEFERRED_INIT: "0" } }, async (ask) => {
        await ask("GET", "/api/init");
        await ask("POST", "/api/init", {});
        await ask("POST", "/api/init", {}, init(KEY));
        await ask("POST", "/api/init", { nonsense: 1 }, init(KEY));
        await ask("POST", "/api/init", {}, init("wrong"));
      }),
  },
  {
    name: "a server is configured with a key that is blank",
    script: [finish],
    drive: (client, setting) =>
      dormant(client, { setting, variables: { OH_SECRET_KEY: "  " } }, async (ask) => {
        await ask("GET", "/api/init");
        await ask("POST", "/api/init", { session_api_keys: ["given"] });
        await ask("POST", "/api/init", { session_api_keys: ["given"] }, init("  "));
        await ask("GET", "/api/init");
      }),
  },
];
