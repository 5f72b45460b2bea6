/**
 * A process: our built server with a model that streams what the bench asks for, so that events can be made as fast as
 * sockets take them. Arguments: the folder of the build, the folder of the database.
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type * as AgentServer from "../../../src/index.ts";
import { answerBench } from "../child.ts";

const [dist = "", folder = ""] = process.argv.slice(2);
const { createServer } = (await import(join(dist, "index.js"))) as typeof AgentServer;

const DELTA = { content: "d".repeat(1_200) };
/** One for each conversation at work. */
const streams: (() => void)[] = [];

const server = createServer({
  keyless: "loopback",
  maxConcurrentRuns: 1_000,
  conversationsPath: join(folder, "conversations"),
  createLlm: () => ({
    complete: ({ onDelta, signal }) =>
      new Promise((_, reject) => {
        streams.push(() => onDelta?.(DELTA));
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  }),
});
const { url } = await server.listen(0);

answerBench(async ({ conversations, socket, frames, memory }) => {
  if (typeof conversations === "number") {
    const ids = await Promise.all(Array.from({ length: conversations }, startStreaming));
    while (streams.length < conversations) await setImmediate();
    // A reply that has begun: session sockets are not told of that any more.
    for (const stream of streams) stream();
    return ids.map((id) => `${url}/sockets/${socket}/${id}`);
  }
  if (memory === true) return process.memoryUsage.rss() / 1024 / 1024;
  // One event a turn of the event loop, as they come in life.
  for (let index = 0; index < Number(frames); index++) {
    for (const stream of streams) stream();
    await setImmediate();
  }
});

async function startStreaming(): Promise<string> {
  const { info, conversation } = await server.conversations.create({
    autotitle: false,
    agent: { llm: { model: "streaming", stream: true }, tools: [] },
    workspace: { working_dir: folder },
  });
  await conversation.sendMessage("Go on.");
  return info.id;
}
