import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Event } from "agent-server";
import { createTestServer, type ScriptedLlm } from "agent-server/testing";
import { onTestFinished } from "vitest";

type Files = Readonly<Record<string, string>>;

/** A project and the folder of a user, on a server with a scripted model. */
export async function withFiles(files: Files, llm: ScriptedLlm) {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-skills-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [workingDir, userDir, home] = ["project", "user", "home"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [workingDir, userDir, home]) mkdirSync(path);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const server = await createTestServer({
    llm,
    workingDir,
    userDir,
    environment: { HOME: home, PATH: process.env.PATH },
    tools: ["file_editor", "terminal"],
  });
  onTestFinished(() => server.close());
  return { server, folder, workingDir };
}

export const promptsOf = (llm: ScriptedLlm) =>
  llm.requests.map(({ messages }) => messages.map(({ content }) => content.map(textOf).join("\n---\n")));
const textOf = (part: { type: string; text?: string }) => part.text ?? "";
export const file = (fields: string, content: string) => `---\n${fields}\n---\n${content}\n`;
export const messages = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "MessageEvent" && event.source === "user" ? [event] : []));
export const results = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "ObservationEvent" ? [event] : []));
export const updates = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "ConversationStateUpdateEvent" ? [event.key] : []));
export const project = { agent_context: { load_project_skills: true } };
