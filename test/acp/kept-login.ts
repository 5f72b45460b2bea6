import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { AgentServer } from "agent-server";
import { AcpBench, type AcpBenchOptions } from "./acp-bench.ts";

/** A login as its server keeps it. */
export interface Kept {
  value: string;
  version: string;
}

/** The request before the machine of a server is paused. */
export const PAUSE = ["POST", "/api/conversations/prepare-for-sandbox-pause"] as const;

/** A server that keeps a login for those who have the token, and answers with a status of its own if there is one. */
export async function keepLogin(kept: Kept, answer: { status?: number; body?: string } = {}) {
  const place = createServer(async (request, response) => {
    const { status = 200, body } = answer;
    if (status !== 200 || body !== undefined) return response.writeHead(status).end(body);
    if (request.headers.authorization !== "Bearer admitted") return response.writeHead(401).end();
    if (request.method === "PUT") {
      const { expected_version: expected, value } = JSON.parse(await text(request)) as Record<string, string>;
      if (expected !== kept.version) return response.writeHead(409).end();
      Object.assign(kept, { value, version: `${kept.version}+` });
    }
    response.end(JSON.stringify(kept));
  });
  await new Promise<void>((done) => place.listen(0, "127.0.0.1", done));
  const close = async () => {
    place.closeAllConnections();
    await new Promise((done) => place.close(done));
  };
  const { port } = place.address() as AddressInfo;
  const headers = { Authorization: "Bearer admitted" };
  return { address: { url: `http://127.0.0.1:${port}/login`, headers }, [Symbol.asyncDispose]: close };
}

/** A conversation with a program that takes the login of Codex. */
export function codex(options: AcpBenchOptions = {}): Promise<AcpBench> {
  return AcpBench.open({
    agent: { acp_server: "codex" },
    args: ["--env=CODEX_HOME", "--sessions=@/sessions"],
    ...options,
  });
}

export function login(word: "first" | "second"): string {
  const tokens = { access_token: `a-${word}-token`, refresh_token: `r-${word}-token` };
  return JSON.stringify({ auth_mode: "chatgpt", tokens });
}

/** Binds a login to a conversation. Resolves to the status of the answer. */
export async function bind(
  { server, id }: { server: AgentServer; id: string },
  address: object,
  name = "CODEX_AUTH_JSON",
): Promise<number> {
  const path = `/api/conversations/${id}/credential-bindings/${name}`;
  return (await ask(server, "PUT", path, address)).status;
}

/** Asks a server without the network. An answer without a body has an empty one. */
export async function ask(
  server: AgentServer,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  const answer = await response.text();
  return { status: response.status, body: answer === "" ? "" : JSON.parse(answer) };
}
