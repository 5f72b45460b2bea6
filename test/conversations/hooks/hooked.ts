import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createTestServer,
  scriptedLlm,
  type TestChat,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import { vi } from "vitest";
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

export interface HookedOptions extends TestServerOptions {
  /** Fields of the conversation. */
  conversation?: object;
  /** Answers of the model to hooks. */
  rules?: NonNullable<Parameters<typeof scriptedLlm>[1]>["rules"];
}

/** A conversation with hooks whose agent plays a script with the tool `echo`. Nothing is said yet. */
export async function openHooked(
  script: Script,
  hookConfig: object,
  { conversation = {}, rules = [], ...options }: HookedOptions = {},
): Promise<HookedConversation> {
  const llm = scriptedLlm(script, { rules });
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

/** Waits for the process id that a hook has written, as `echo $$ > NAME` does. */
export async function writtenPid(server: TestServer, name: string): Promise<number> {
  return vi.waitFor(async () => {
    const pid = Number(await readFile(join(server.workingDir, name), "utf8"));
    if (!(pid > 0)) throw new Error("not written yet");
    return pid;
  }, 30_000);
}

/** Whether a process runs. One that has ended may be listed until its parent asks for its exit code. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
}
