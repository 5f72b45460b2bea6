import { createTestServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { unprocessable } from "../../../src/wire/validation-error.ts";

interface Operation {
  responses: Record<string, unknown>;
}

describe("the OpenAPI document describes every refusal", () => {
  it("of what was sent: faults, a text, or a code with a text", async () => {
    await using server = await createTestServer();
    const ask = (method: string, path: string, body: object) =>
      server.fetch(
        new Request(`http://localhost${path}`, {
          method,
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      );
    const refusals = await Promise.all([
      ask("POST", "/api/conversations", { workspace: 1 }),
      ask("PUT", "/api/settings/secrets", { name: "0", value: "x" }),
      ask("POST", "/api/plugins/fetch", { source: "0" }),
    ]);
    const details: string[] = [];
    for (const refusal of refusals) {
      expect(refusal.status).toBe(422);
      const { detail } = unprocessable.parse(await refusal.json());
      details.push(Array.isArray(detail) ? "faults" : typeof detail);
    }
    expect(details).toEqual(["faults", "string", "object"]);
  });

  it("of what is asked of the machine of a conversation that does not exist", async () => {
    await using server = await createTestServer();
    const document = (await (await server.fetch(new Request("http://localhost/openapi.json"))).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const operations = Object.entries(document.paths)
      .filter(([path]) => path.startsWith("/api/conversations/{runtime_conversation_id}/"))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
      );
    expect(operations.length).toBeGreaterThan(15);
    for (const { path, method, operation } of operations) {
      expect(Object.keys(operation.responses), `${method} ${path}`).toContain("404");
    }
    const unknown = new Request(
      `http://localhost/api/conversations/${crypto.randomUUID()}/git/changes?path=/`,
    );
    expect((await server.fetch(unknown)).status).toBe(404);
  });
});
