import { fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { until } from "../../conversations/open-manager.ts";
import { openMachineServer } from "./machine-server.ts";

async function idleServer() {
  const clock = fixedClock();
  const server = await openMachineServer({ clock });
  const idleAfter = async (path: string, init?: RequestInit) => {
    clock.advance(100_000);
    const response = await server.fetch(path, init);
    await response.arrayBuffer();
    const { body } = await server.get("/server_info");
    return (body as { idle_time: number }).idle_time;
  };
  return { ...server, clock, idleAfter };
}

it("what a client does with files and repositories counts as activity, and looking around does not", async () => {
  const { folder, start, idleAfter } = await idleServer();
  const id = await start(folder);
  const path = encodeURIComponent(folder);
  for (const prefix of ["/api", `/api/conversations/${id}`]) {
    for (const request of [
      `file/download?path=${path}%2Fmissing`,
      `file/archive?path=${path}&format=tar.gz`,
      `git/changes?path=${path}`,
      `git/diff?path=${path}%2Fmissing`,
      `git/commits?path=${path}`,
      `git/commits/0123456/changes?path=${path}`,
    ]) {
      expect([request, await idleAfter(`${prefix}/${request}`)]).toEqual([request, 0]);
    }
    const made = `${prefix}/file/create_directory?path=${path}%2Fmade`;
    expect(await idleAfter(made, { method: "POST" })).toBe(0);
  }
  expect(await idleAfter(`/api/file/search_subdirs?path=${path}`)).toBe(100);
  expect(await idleAfter(`/api/conversations/${id}`)).toBe(200);
  expect(await idleAfter("/api/bash/bash_events/search")).toBe(300);
});

it("a reply that is being streamed counts as activity before it is an event", async () => {
  const clock = fixedClock();
  const streaming = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const llm = scriptedLlm([say("A long reply.")], { stream: true });
  const slow: typeof llm = Object.assign(Object.create(llm), {
    complete: async (request: Parameters<typeof llm.complete>[0]) => {
      clock.advance(100_000);
      request.onDelta?.({ content: "A long" });
      streaming.resolve();
      await gate.promise;
      return llm.complete(request);
    },
  });
  const server = await openMachineServer({ clock, createLlm: () => slow });
  const { folder } = server;
  const response = await server.fetch("/api/conversations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      agent: { llm: { model: "scripted", stream: true }, tools: [] },
      workspace: { working_dir: folder },
      initial_message: { content: [{ type: "text", text: "go" }] },
      autotitle: false,
    }),
  });
  const { id } = (await response.json()) as { id: string };
  const infoOf = async () => (await server.get("/server_info")).body as { idle_time: number };
  await streaming.promise;
  expect((await infoOf()).idle_time).toBe(0);
  gate.resolve();
  const statusOf = async () =>
    ((await server.get(`/api/conversations/${id}`)).body as { execution_status: string }).execution_status;
  await until(async () => (await statusOf()) === "finished");
});
