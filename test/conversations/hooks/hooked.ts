import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createTestServer,
  scriptedLlm,
  type TestChat,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import type { Event, HookExecutionEvent } from "../../../src/wire/events/events.ts";
import { echo, inWords } from "../../agent/loop/harness.ts";

type Script = Parameters<typeof scriptedLlm>[0];
type Hook = Record<string, unknown>;

/** Hooks as a request has them: for each moment a command, or the fields of a hook, for every tool. */
export function hooks(config: Record<string, string | Hook | readonly (string | Hook)[]>): object {
  return Object.fromEntries(
    Object.entries(config).map(([moment, list]) => [
      moment,
      [[list].flat().map((hook) => (typeof hook === "string" ? { command: hook } : hook))].map((all) => ({
        hooks: all,
      })),
    ]),
  );
}

export interface HookedConversation {
  server: TestServer;
  chat: TestChat;
  llm: ReturnType<typeof scriptedLlm>;
}

/** A conversation with hooks whose agent plays a script with the tool `echo`. Nothing is said yet. */
export async function openHooked(
  script: Script,
  hookConfig: object,
  { conversation = {}, ...options }: TestServerOptions & { conversation?: object } = {},
): Promise<HookedConversation> {
  const llm = scriptedLlm(script);
  const server = await createTestServer({ llm, tools: [echo], patience: 20_000, ...options });
  const chat = await server.start(undefined, { hook_config: hookConfig, ...conversation });
  return { server, chat, llm };
}

/** The records of hooks in a log. */
export function recordsIn(events: readonly Event[]): HookExecutionEvent[] {
  return events.filter((event) => event.kind === "HookExecutionEvent");
}

/** The log in words, the updates of figures and state left out. */
export function story(events: readonly Event[]): string[] {
  return events.map(toWords).filter((line) => !/^(state|status|SystemPromptEvent)/.test(line));
}

function toWords(event: Event): string {
  if (event.kind !== "HookExecutionEvent") return inWords(event);
  return `hook ${event.hook_event_type}${event.blocked ? " refuses" : ""}`;
}

/** A folder that is removed when its block ends. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "hooks-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Reads what a hook has written into the folder of the agent. */
export async function readJson(server: TestServer, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(server.workingDir, name), "utf8"));
}

/** Writes a script that hooks can start. */
export async function writeScript(server: TestServer, name: string, text: string): Promise<void> {
  await writeFile(join(server.workingDir, name), text, { mode: 0o755 });
}
