import { type AgentServer, type ServerOptions, toServer } from "agent-server";
import { serve } from "agent-server/node";
import type { FastifyPluginAsync } from "fastify";

/** The server as a Fastify plugin, at the root or below a prefix: `app.register(agentServer("my-key"))`. */
export function agentServer(
  input: string | readonly string[] | ServerOptions | AgentServer,
): FastifyPluginAsync & { server: AgentServer } {
  const server = toServer(input);
  const plugin: FastifyPluginAsync = async (app) => {
    // Bodies are read by the server itself: Fastify refuses empty JSON and bodies of a GET.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.addHook("onClose", () => server.close());
    app.all("/*", async (request, reply) => {
      const originalUrl = request.raw.url ?? "/";
      const url = originalUrl.slice(app.prefix.length);
      if (!server.handles(new URL(url, "http://host").pathname)) return reply.callNotFound();
      reply.hijack();
      await serve(server, request.raw, reply.raw, { url, originalUrl });
    });
  };
  return Object.assign(plugin, { server });
}
