import { join } from "node:path";
import { createServer } from "../../../src/index.ts";

/** A server in a process of its own, which starts the back end of an extension and says its process id. */
const [folder = "", source = "", name = ""] = process.argv.slice(2);

const server = createServer({
  keyless: "loopback",
  conversationsPath: join(folder, "killed"),
  environment: { HOME: join(folder, "killed-home"), PATH: process.env.PATH },
  userDir: join(folder, "killed-home/.openhands"),
  referenceData: false,
  logger: "silent",
});
const ask = async (method: string, path: string, body?: object) => {
  const init = {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  };
  const answer = await server.fetch(new Request(`http://localhost/api/canvas-extensions${path}`, init));
  return (await answer.json()) as { revision: string; pid: number; port: number };
};
const backend = `/installed/${name}/backend`;
await ask("POST", "/install", { source });
const { revision } = await ask("GET", backend);
await ask("POST", `${backend}/prepare`, { revision });
const { pid, port } = await ask("POST", `${backend}/start`, { revision });
process.stdout.write(`${JSON.stringify({ pid, port })}\n`);
setInterval(() => {}, 60_000);
