// A standalone server. Run it with:  npm run example examples/01-standalone.ts
import { createServer, type ServerOptions } from "agent-server";

export function buildServer(options: ServerOptions = {}) {
  return createServer({ keyless: "loopback", ...options });
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  const { url } = await buildServer().listen(port);
  console.log(`Agent server on ${url}, its API at ${url}/docs`);
}
