// An agent that uses a browser on pages of this machine. Run it with:  npm run example examples/25-browser.ts
import { mkdtemp } from "node:fs/promises";
import { createServer as createSite } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, type Llm, memoryStore } from "agent-server";
import { call, say, scriptedLlm } from "agent-server/testing";

const SHOP = `<title>Shop</title><h1>Nails</h1>
<button onclick="document.querySelector('h1').textContent = 'Two nails in the basket'">Buy two</button>`;

/** A server whose agents have an installed Chromium, Chrome or Edge. Without one they work without its tools. */
export function buildServer(llm: Llm): AgentServer {
  // Users of a server that others reach should not see pages of its network: `browser: { allowPrivateAddresses: false }`.
  return createServer({ keyless: "loopback", store: memoryStore(), createLlm: () => llm, browser: {} });
}

/** A stand-in that plays a script. Without `createLlm` the models of providers are asked. */
export function shopper(url: string): Llm {
  return scriptedLlm([
    call("browser_navigate", { url }),
    call("browser_get_state", { include_screenshot: true }),
    call("browser_click", { index: 1 }),
    call("browser_get_content", {}),
    say("There are two nails in the basket."),
  ]);
}

/** Sends a task to an agent with a browser. Resolves to what the browser's tools answered. */
export async function browse(server: AgentServer, workingDir: string, task: string): Promise<string[]> {
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "openai/any" }, tools: [{ name: "browser_tool_set" }] },
    workspace: { working_dir: workingDir },
    autotitle: false,
  });
  await conversation.sendMessage(task);
  const seen: string[] = [];
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind === "ObservationEvent" && event.tool_name.startsWith("browser_")) {
      const { content = [] } = event.observation;
      seen.push(content.map((part) => (part.type === "text" ? part.text : "")).join("\n"));
    }
    if (event.kind !== "ConversationStateUpdateEvent") continue;
    if (event.value === "finished" || event.value === "error") break;
  }
  return seen;
}

if (process.argv[1] === import.meta.filename) {
  const site = createSite((_, answer) => answer.setHeader("content-type", "text/html").end(SHOP));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const { port } = site.address() as { port: number };
  await using server = buildServer(shopper(`http://localhost:${port}`));
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  console.log((await browse(server, folder, "Buy two nails.")).join("\n\n"));
  site.close();
}
