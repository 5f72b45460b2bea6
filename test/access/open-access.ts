import {
  createTestServer,
  scriptedLlm,
  type TestServer,
  type TestServerOptions,
} from "../../src/testing/index.ts";

/** The session key of the operator. */
export const OPERATOR_KEY = "the-operator-has-this-key-1234567890";

/** An answer whose body a test reads. */
export interface Answer {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  body: any;
  headers: Headers;
}

export interface AccessBench extends AsyncDisposable {
  server: TestServer;
  /** Asks with a key; null for none. */
  ask(key: string | null, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Makes a key, as the operator. */
  newKey(fields: Record<string, unknown>): Promise<{ id: string; key: string }>;
  /** Starts a conversation with a key. */
  start(key: string, fields?: Record<string, unknown>): Promise<string>;
}

/** A server with a session key, whose clients get keys of their own. */
export async function openAccess(options: TestServerOptions = {}): Promise<AccessBench> {
  const server = await createTestServer({
    ...{
      llm: scriptedLlm([]),
      apiKeys: [OPERATOR_KEY],
      secretKey: "a-secret-key-for-tests",
      leakCheck: false,
    },
    ...options,
  });
  const ask: AccessBench["ask"] = async (key, method, path, body) => {
    const headers = new Headers(key === null ? {} : { "x-session-api-key": key });
    if (body !== undefined) headers.set("content-type", "application/json");
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await server.fetch(new Request(`http://localhost${path}`, init), {
      peerAddress: "10.1.2.3",
    });
    const text = await response.text();
    return { status: response.status, text, body: parsed(text), headers: response.headers };
  };
  return {
    server,
    ask,
    newKey: async (fields) => {
      const made = await ask(OPERATOR_KEY, "POST", "/api/access-keys", { name: "a client", ...fields });
      if (made.status !== 201) throw new Error(`no key: ${made.text}`);
      return made.body;
    },
    start: async (key, fields = {}) => {
      const started = await ask(key, "POST", "/api/conversations", startBody(server, fields));
      if (started.status !== 201) throw new Error(`no conversation: ${started.text}`);
      return started.body.id;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

export function startBody(
  { workingDir }: Pick<TestServer, "workingDir">,
  fields: Record<string, unknown> = {},
) {
  return {
    workspace: { working_dir: workingDir },
    agent: { llm: { model: "scripted" }, tools: [] },
    autotitle: false,
    ...fields,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
