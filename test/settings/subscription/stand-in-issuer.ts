import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Asked {
  path: string;
  body: string;
}

export interface StandIn {
  url: string;
  asked: Asked[];
  /** Answers to come, by path; the last one repeats. */
  answers: Record<string, { status?: number; body: unknown; headers?: Record<string, string> }[]>;
  /** Holds every answer until it resolves. */
  hold: Promise<unknown>;
}

/** An issuer of tokens on loopback. */
export async function standInIssuer(): Promise<StandIn> {
  const issuer: StandIn = { url: "", asked: [], answers: {}, hold: Promise.resolve() };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    issuer.asked.push({ path, body: await bodyOf(request) });
    const list = issuer.answers[path] ?? [];
    const answer = (list.length > 1 ? list.shift() : list[0]) ?? { status: 500, body: {} };
    await issuer.hold;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return issuer;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request) body += part;
  return body;
}
