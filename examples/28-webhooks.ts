// Webhooks: a receiver that checks the signature of each request, and a server that sends it every event.
// Run it with:  npm run example examples/28-webhooks.ts
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type ServerOptions } from "agent-server";
import { Webhook } from "standardwebhooks";

/** Anyone who knows it can make requests that look like the server's: keep it as you keep a key. */
export const SECRET = `whsec_${Buffer.from("a long random text, 24 to 64 bytes").toString("base64")}`;

/** Takes what is signed with the secret, each event once: the server sends everything at least once. */
export function buildReceiver(take: (event: { id: string; kind: string }) => void): Server {
  const verifier = new Webhook(SECRET);
  const seen = new Set<string>();
  return createHttpServer(async (request, response) => {
    try {
      const body = verifier.verify(await textOf(request), request.headers as Record<string, string>);
      const events = request.url?.startsWith("/events/") ? (body as { id: string; kind: string }[]) : [];
      for (const event of events.filter(({ id }) => !seen.has(id))) {
        seen.add(event.id);
        take(event);
      }
      response.writeHead(204).end();
    } catch {
      response.writeHead(401).end();
    }
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function buildServer(baseUrl: string, options: ServerOptions = {}) {
  const webhook = { baseUrl, secret: SECRET, eventBufferSize: 10, flushDelay: 1 };
  return createServer({ keyless: "loopback", ...options, webhooks: [webhook] });
}

if (process.argv[1] === import.meta.filename) {
  const receiver = buildReceiver(({ id, kind }) => console.log(kind, id));
  receiver.listen(0, "127.0.0.1", async () => {
    const { port } = receiver.address() as AddressInfo;
    const { url } = await buildServer(`http://127.0.0.1:${port}`).listen(Number(process.env.PORT ?? 8000));
    console.log(`Agent server on ${url}; what happens in its conversations is printed here`);
  });
}
