import { type AgentServer, type ServerInput, toServer } from "agent-server";
import { serve } from "agent-server/node";
import type { RequestHandler } from "express";

/**
 * Mounts a server as Express middleware (4 and 5), at the root or below a path. WebSockets work without further code.
 *
 * @example
 * ```ts
 * app.use(agentServer("my-key"));
 * app.use("/agents", agentServer({ apiKeys: ["my-key"], basePath: "/agents" }));
 * ```
 */
export function agentServer(input: ServerInput): RequestHandler & { server: AgentServer } {
  const server = toServer(input);
  const handler: RequestHandler = (request, response, next) => {
    const { url, originalUrl, body } = request;
    serve(server, request, response, { url, originalUrl, body, next }).catch(next);
  };
  return Object.assign(handler, { server });
}
