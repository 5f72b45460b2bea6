// A server of its own. Run it with:  node examples/01-standalone.ts
import { createServer, type ServerOptions } from "agent-server";

export function buildServer(options: ServerOptions = {}) {
  return createServer(options);
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(8000);
  console.log(`Agent server on ${url}, its API at ${url}/docs`);
}
