import { type AgentServer, type ServerOptions, toServer } from "agent-server";
import { serve } from "agent-server/node";
import type { Context, Middleware } from "koa";

/** The server as Koa middleware (2 and 3), at the root or below a path by `koa-mount`: `app.use(agentServer("my-key"))`. */
export function agentServer(
  input: string | readonly string[] | ServerOptions | AgentServer,
): Middleware & { server: AgentServer } {
  const server = toServer(input);
  const middleware: Middleware = async (context: Context, next) => {
    const { url, originalUrl } = context;
    const { body } = context.request as { body?: unknown };
    context.respond = false;
    const passOn = () => {
      context.respond = true;
      return next();
    };
    await serve(server, context.req, context.res, { url, originalUrl, body, next: passOn });
  };
  return Object.assign(middleware, { server });
}
