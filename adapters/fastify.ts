import { type AgentServer, type ServerInput, toServer } from "agent-server";
import { serve } from "agent-server/node";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";

/**
 * Mounts a server as a Fastify plugin, at the root or below a prefix. WebSockets work without further code.
 *
 * @example
 * ```ts
 * app.register(agentServer("my-key"));
 * app.register(agentServer({ apiKeys: ["my-key"], basePath: "/agents" }), { prefix: "/agents" });
 * ```
 */
export function agentServer(input: ServerInput): FastifyPluginAsync & { server: AgentServer } {
  const server = toServer(input);
  const plugin: FastifyPluginAsync = async (app) => {
    // The server reads bodies itself, because Fastify rejects empty JSON and bodies of GET.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.addHook("onClose", () => server.close());
    const handler = async ({ raw }: FastifyRequest, reply: FastifyReply) => {
      const originalUrl = raw.url ?? "/";
      const url = originalUrl.slice(app.prefix.length).replace(/^(?!\/)/, "/");
      const [pathname = "/"] = url.split("?", 1);
      if (!server.handles(pathname, app.prefix)) return reply.callNotFound();
      reply.hijack();
      await serve(server, raw, reply.raw, { url, originalUrl });
    };
    app.all("/*", handler);
    if (app.prefix !== "") app.all("/", handler);
  };
  return Object.assign(plugin, { server });
}
