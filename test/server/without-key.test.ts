import { createServer, memoryStore } from "agent-server";
import { expect, it } from "vitest";

/** `/api/init` has a key of its own, and says here that it is not served. */
const OPEN = ["/", "/alive", "/health", "/ready", "/server_info", "/api/init"];

it("every route of the document, called without a key, is open by intention or answers 401 and changes nothing", async () => {
  await using server = createServer({ store: memoryStore(), apiKeys: ["key"], logger: "silent" });
  const answers: Record<string, number> = {};
  for (const [path, operations] of Object.entries(server.openapi().paths ?? {})) {
    for (const method of Object.keys(operations)) {
      const url = `http://localhost${path.replaceAll(/\{[^}]+\}/g, "00000000-0000-4000-8000-000000000000")}`;
      const body = method === "get" ? null : "{}";
      const headers = { "content-type": "application/json" };
      const response = await server.fetch(new Request(url, { method: method.toUpperCase(), headers, body }));
      if (!OPEN.includes(path)) answers[`${method} ${path}`] = response.status;
    }
  }
  expect(Object.keys(answers).length).toBeGreaterThan(15);
  expect(Object.entries(answers).filter(([, status]) => status !== 401)).toEqual([]);
  expect(await server.conversations.count()).toBe(0);
});
