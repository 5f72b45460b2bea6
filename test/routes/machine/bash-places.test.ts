import { memoryStore } from "agent-server";
import { expect, it } from "vitest";
import { openMachineServer } from "./machine-server.ts";

it("a command in a conversation looks its conversation up once", async () => {
  const store = memoryStore();
  const { folder, fetch, start } = await openMachineServer({ store, idleTtlSeconds: 0 });
  const id = await start(folder);
  const looked: unknown[] = [];
  const find = store.conversations.find.bind(store.conversations);
  store.conversations.find = (ids, documents) => {
    if (documents.length === 0) looked.push(ids);
    return find(ids, documents);
  };
  const response = await fetch(`/api/conversations/${id}/bash/execute_bash_command`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command: "echo hello" }),
  });
  expect(await response.json()).toMatchObject({ stdout: "hello\n", exit_code: 0 });
  expect(looked).toEqual([[id]]);
});
