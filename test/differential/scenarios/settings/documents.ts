import type { Client } from "../../client.ts";
import { finish, run, type Scenario } from "../../scenario.ts";

const SECRETS = "/api/settings/secrets";
const WORKSPACES = "/api/workspaces";
const CONNECTIONS = "/api/llm/provider-connections";
const REPOSITORIES = "/api/git/repositories/search";

/** Each scenario keeps to resources that no other one changes, because the servers are shared. */
export const documentScenarios: Scenario[] = [
  {
    name: "secrets of a server",
    script: [],
    drive: async (client) => {
      await client.ask("GET", SECRETS);
      await put(client, { name: "ZETA", value: "first", description: "the last letter" });
      await put(client, { name: "ALPHA", value: "snow ☃\nof two lines" });
      await put(client, { name: "ZETA", value: "second", description: "" });
      await put(client, { name: "MORE", value: " padded ", description: null, other: 1 });
      await client.ask("GET", SECRETS);
      for (const name of ["ALPHA", "ZETA", "MORE", "NONE"]) await client.ask("GET", `${SECRETS}/${name}`);
      await client.ask("DELETE", `${SECRETS}/ZETA`);
      await client.ask("DELETE", `${SECRETS}/ZETA`);
      await put(client, { name: "ZETA", value: "third" });
      await client.ask("GET", SECRETS);
      await client.ask("GET", `${SECRETS}?agent_profile_id=${client.id}`);
      await client.ask("GET", `${SECRETS}?agent_profile_id=nope`);
    },
  },
  {
    name: "secrets of a server that are refused",
    script: [],
    drive: async (client) => {
      for (const name of ["1A", "A-B", "", "A".repeat(65), "_A", "A B", "Ä", "a/b"]) {
        await put(client, { name, value: "x" });
      }
      for (const name of ["1A", "A-B", "A".repeat(65), "%C3%84", "A%20B"]) {
        await client.ask("GET", `${SECRETS}/${name}`);
        await client.ask("DELETE", `${SECRETS}/${name}`);
      }
      for (const value of ["", "  ", "**********"]) await put(client, { name: "A", value });
      await put(client, {});
      await put(client, { name: "A" });
      await put(client, { value: "x" });
      await put(client, { name: 3, value: "x" });
      await put(client, { name: "A", value: 3 });
      await put(client, { name: "A", value: null });
      await put(client, { name: "A", value: "x", description: 3 });
      await put(client, []);
      await put(client, "no object");
      await client.ask("POST", SECRETS, { name: "A", value: "x" });
      await client.ask("PATCH", `${SECRETS}/A`, {});
      await client.ask("GET", `${SECRETS}/A`);
    },
  },
  {
    name: "a secret that the server itself looks up",
    alone: true,
    script: [run("echo OWN_TOKEN has $(expr length $OWN_TOKEN): $OWN_TOKEN"), finish],
    request: {
      secrets: {
        OWN_TOKEN: {
          kind: "LookupSecret",
          url: `${SECRETS}/OWN_TOKEN`,
          headers: { "X-Session-API-Key": "not needed here" },
        },
      },
    },
    drive: async (client) => {
      await put(client, { name: "OWN_TOKEN", value: "hush-4711" });
      await client.sendAndWait("Go.");
      await client.ask("DELETE", `${SECRETS}/OWN_TOKEN`);
    },
  },
  {
    name: "saved workspaces",
    script: [],
    drive: async (client) => {
      await client.ask("GET", WORKSPACES);
      const first = item("/a", { parentPath: "/" });
      await add(client, [first, item("/b"), { ...item("/a"), name: "second" }]);
      await add(client, [item("/b", { name: "new" }), item("/c", { parent_path: "/p" })]);
      await add(client, [item("/d", { parentPath: null, more: 1 }), item("/e", { parentPath: "" })]);
      await add(client, []);
      await client.ask("POST", `${WORKSPACES}/parents`, { parents: [item("/p"), item("/p"), item("/q")] });
      await client.ask("POST", `${WORKSPACES}/parents`, { parents: [item("/r", { parentPath: "/" })] });
      await client.ask("GET", WORKSPACES);
      await client.ask("DELETE", `${WORKSPACES}?path=/a`);
      await client.ask("DELETE", `${WORKSPACES}?path=/a`);
      await client.ask("DELETE", `${WORKSPACES}?path=%2Fc`);
      await client.ask("DELETE", `${WORKSPACES}/parents?path=/q`);
      await client.ask("DELETE", `${WORKSPACES}/parents?path=/q`);
      await client.ask("DELETE", WORKSPACES);
      await client.ask("DELETE", `${WORKSPACES}?path=`);
      await client.ask("GET", WORKSPACES);
    },
  },
  {
    name: "workspaces that are refused",
    script: [],
    drive: async (client) => {
      const wrong = [
        { id: "" },
        { name: "" },
        { path: "" },
        { name: "x".repeat(257) },
        { path: "/".repeat(4_097) },
        { parentPath: "/".repeat(4_097) },
        { path: 3 },
        { path: null },
        { parentPath: [] },
      ];
      for (const fields of wrong) await add(client, [item("/x"), { ...item("/y"), ...fields }]);
      await add(client, "none");
      await add(client, [3]);
      await client.ask("POST", WORKSPACES, {});
      await client.ask("POST", `${WORKSPACES}/parents`, {});
      await client.ask("POST", `${WORKSPACES}/parents`, { parents: [{ id: "/x" }] });
      await client.ask("PUT", WORKSPACES, {});
    },
  },
  {
    name: "provider connections",
    script: [],
    drive: async (client) => {
      await ask(client, "GET", CONNECTIONS);
      const ids = [
        await create(client, { display_name: "Mine", api_key: "sk-1", base_url: "https://models.test/v1" }),
        await create(client, { display_name: "Other", api_key: "sk-2", provider: "openai" }),
        await create(client, { display_name: " ", api_key: " sk-3 ", base_url: "" }),
      ];
      await ask(client, "GET", CONNECTIONS);
      const [first, second] = ids;
      await ask(client, "PATCH", `${CONNECTIONS}/${first}`, { display_name: "Renamed", base_url: null });
      await ask(client, "PATCH", `${CONNECTIONS}/${first}`, { api_key: "sk-new", provider: "x" });
      for (const body of [
        {},
        { api_key: null },
        { display_name: null },
        { provider: null },
        { display_name: null, provider: null },
        { api_key: "" },
        { api_key: " " },
        { api_key: "**********" },
        { display_name: "" },
        { base_url: "x".repeat(2_049) },
        { id: "mine" },
        { base_url: 3 },
        [],
      ]) {
        await ask(client, "PATCH", `${CONNECTIONS}/${second}`, body);
      }
      await ask(client, "PATCH", `${CONNECTIONS}/nope`, { provider: "x" });
      await ask(client, "PATCH", `${CONNECTIONS}/nope`, { api_key: null });
      await ask(client, "PATCH", `${CONNECTIONS}/nope`, {});
      await ask(client, "DELETE", `${CONNECTIONS}/${first}`);
      await ask(client, "DELETE", `${CONNECTIONS}/${first}`);
      await ask(client, "GET", CONNECTIONS);
    },
  },
  {
    name: "a provider connection that is in use",
    alone: true,
    script: [],
    drive: async (client) => {
      const id = await create(client, {
        display_name: "Shared",
        api_key: "sk-1",
        base_url: "https://a.test",
      });
      const path = `${CONNECTIONS}/${id}`;
      const llm = {
        model: "openai/x",
        api_key: "sk-own",
        base_url: "https://b.test",
        provider_connection_id: id,
      };
      await client.ask("POST", "/api/profiles/linked", { llm, include_secrets: true });
      await client.ask("GET", "/api/profiles/linked");
      const headers = { "X-Expose-Secrets": "plaintext" };
      await client.request({ method: "GET", path: "/api/profiles/linked", headers });
      await ask(client, "DELETE", path);
      await client.ask("POST", "/api/profiles/linked/activate");
      await ask(client, "DELETE", path);
      await client.ask("DELETE", "/api/profiles/linked");
      await ask(client, "DELETE", path);
      const unlinked = {
        llm: { provider_connection_id: null, base_url: null, api_key: null, model: "gpt-5.5" },
      };
      await client.quietly({
        method: "PATCH",
        path: "/api/settings",
        body: { agent_settings_diff: unlinked },
      });
      await ask(client, "DELETE", path);
      await client.ask("POST", "/api/profiles/linked", { llm, include_secrets: true });
      await client.ask("POST", "/api/profiles/linked/activate");
      await client.request({ method: "GET", path: "/api/profiles/linked", headers });
      await client.ask("DELETE", "/api/profiles/linked");
    },
  },
  {
    name: "provider connections that are refused",
    script: [],
    drive: async (client) => {
      const good = { display_name: "Mine", api_key: "sk-1" };
      for (const body of [
        {},
        { display_name: "Mine" },
        { api_key: "sk-1" },
        { api_key: "sk-1", provider: 3, base_url: 3 },
        { ...good, api_key: "" },
        { ...good, api_key: "   " },
        { ...good, api_key: "**********" },
        { ...good, api_key: null },
        { ...good, api_key: 3 },
        { ...good, display_name: "" },
        { ...good, display_name: "x".repeat(129) },
        { ...good, display_name: null },
        { ...good, provider: "" },
        { ...good, provider: null },
        { ...good, base_url: "x".repeat(2_049) },
        { ...good, more: 1 },
        { ...good, id: "mine", created_at: 3 },
        [],
        "no object",
      ]) {
        await ask(client, "POST", CONNECTIONS, body);
      }
      await ask(client, "GET", `${CONNECTIONS}/nope`);
      await ask(client, "PUT", CONNECTIONS, good);
    },
  },
  {
    name: "repositories without a token",
    script: [],
    drive: async (client) => {
      for (const query of [
        "provider=github",
        "provider=github&query=x&limit=1&page_id=2:3",
        "provider=github&page_id=nope",
        "provider=gitlab",
        "provider=bitbucket",
        "provider=azure_devops&limit=5",
        "provider=svn",
        "",
        "provider=github&limit=0",
        "provider=github&limit=101",
        "provider=github&limit=many",
      ]) {
        await client.ask("GET", `${REPOSITORIES}?${query}`);
      }
    },
  },
];

function put(client: Client, body: unknown) {
  return client.ask("PUT", SECRETS, body);
}

function item(path: string, fields: object = {}) {
  return { id: path, name: path.slice(1), path, ...fields };
}

function add(client: Client, workspaces: unknown) {
  return client.ask("POST", WORKSPACES, { workspaces });
}

async function create(client: Client, body: object): Promise<unknown> {
  const { body: made } = await ask(client, "POST", CONNECTIONS, body);
  return (made as { id?: unknown }).id;
}

/** The seconds of a connection are compared by their form. */
async function ask(client: Client, method: string, path: string, body?: unknown) {
  const answer = await client.ask(method, path, body);
  const noted = client.noted.at(-1);
  if (noted !== undefined) noted.body = withoutTimes(answer.body);
  return answer;
}

function withoutTimes(body: unknown): unknown {
  const text = JSON.stringify(body)?.replace(/("(?:created|updated)_at":)\d{10}(?=[,}])/g, '$1"<seconds>"');
  return text === undefined ? body : JSON.parse(text);
}
