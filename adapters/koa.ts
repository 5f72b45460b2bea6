import { type AgentServer, type ServerInput, toServer } from "agent-server";
import { serve } from "agent-server/node";
import type { Middleware } from "koa";

/**
 * Mounts a server as Koa middleware (2 and 3), at the root or below a path with `koa-mount`. WebSockets work without
 * further code.
 *
 * @example
 * ```ts
 * app.use(agentServer("my-key"));
 * app.use(mount("/agents", agentServer({ apiKeys: ["my-key"], basePath: "/agents" })));
 * ```
 */
export function agentServer(input: ServerInput): Middleware & { server: AgentServer } {
  const server = toServer(input);
  const middleware: Middleware = (context, next) => {
    const { url, originalUrl, request } = context;
    const { body } = request as { body?: unknown };
    const passOn = () => {
      context.respond = true;
      return next();
    };
    context.respond = false;
    return serve(server, context.req, context.res, { url, originalUrl, body, next: passOn });
  };
  return Object.assign(middleware, { server });
}
