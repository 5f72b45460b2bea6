import { AgentServerError } from "../../errors.ts";
import { isLoopbackHost } from "../../loopback.ts";
import { ChatSession } from "./chat-session.ts";
import { styleOf } from "./screen/style.ts";
import { Terminal } from "./screen/terminal.ts";
import { ServerClient } from "./server-client.ts";
import { askForSessionKey, findSessionKey } from "./session-key.ts";
import type { StartArguments } from "./start-conversation.ts";

export interface ChatArguments extends StartArguments {
  /** A conversation to go on with. Default: a new one. */
  id: string | undefined;
  /** Base URL of the server. */
  host: string;
  /** File with the session key. Default: the variables of the environment. */
  keyFile: string | undefined;
}

/** Statuses in which nothing is left to do. */
const DONE = ["idle", "finished", "paused"];

/**
 * Talks to an agent of any agent server until the input ends or the user leaves. Without a terminal, each line waits for
 * the end of the run before it, and the exit code is 1 when the last one failed or waits for a confirmation.
 */
export async function chat({ id, host, keyFile, ...start }: ChatArguments): Promise<void> {
  const client = await connect(host.replace(/\/+$/, ""), keyFile);
  const terminal = new Terminal({ input: process.stdin, output: process.stdout });
  // A reader that has gone, such as `head`.
  process.stdout.once("error", () => process.exit(1));
  const session = new ChatSession({ client, terminal, style: styleOf(process.stdout), start });
  const leave = (code: number) => {
    session.leave();
    terminal.close();
    process.exit(code);
  };
  terminal.onInterrupt(() => {
    if (!session.interrupt()) leave(130);
  });
  await session.open(id);
  for await (const line of terminal.lines()) {
    await session.enter(line);
    if (!terminal.isInteractive) await session.conversation.settled();
    if (session.isLeaving) break;
  }
  const { isOver, status } = session.conversation;
  leave(isOver || (!terminal.isInteractive && !DONE.includes(status)) ? 1 : 0);
}

/** Finds out whether the server is there and which key it wants. A person is asked for one that is missing. */
async function connect(url: string, keyFile: string | undefined): Promise<ServerClient> {
  const key = await findSessionKey(keyFile);
  warnOfOpenRoad(url, key);
  try {
    return await admitted(new ServerClient({ url, key }));
  } catch (error) {
    if (!AgentServerError.is(error) || error.code !== "unauthorized") throw error;
    if (key !== undefined || !process.stdin.isTTY) throw refused(key);
  }
  const entered = await askForSessionKey();
  warnOfOpenRoad(url, entered);
  return admitted(new ServerClient({ url, key: entered }));
}

async function admitted(client: ServerClient): Promise<ServerClient> {
  await client.get("/api/conversations/count");
  return client;
}

function refused(key: string | undefined): AgentServerError {
  const cure = "set OH_SESSION_API_KEYS_0, or name a file that has it with --key-file";
  const reason =
    key === undefined ? "the server requires a session key" : "the server does not accept the key";
  return new AgentServerError("unauthorized", `${reason}: ${cure}`);
}

function warnOfOpenRoad(url: string, key: string | undefined): void {
  if (key === undefined || url.startsWith("https:") || isLoopbackHost(new URL(url).hostname)) return;
  process.stderr.write(`${url}: the key and the conversation cross the network in clear; use https\n`);
}
