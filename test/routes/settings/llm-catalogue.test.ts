import { describe, expect, it } from "vitest";
import { openServer } from "./open-server.ts";

describe("names of models over HTTP", () => {
  it("are offered by provider", async () => {
    const ask = openServer();
    const { providers } = (await ask("GET", "/api/llm/providers")).body;
    expect(providers).toEqual([...providers].sort());
    expect(providers).toContain("anthropic");
    const { models } = (await ask("GET", "/api/llm/models?provider=anthropic")).body;
    expect(models).toContain("anthropic/claude-opus-5");
    const everything = (await ask("GET", "/api/llm/models")).body.models;
    expect(everything).toEqual(expect.arrayContaining(models));
    expect((await ask("GET", "/api/llm/models?provider=nope")).body).toEqual({ models: [] });
  });

  it("are marked as verified by provider", async () => {
    const { models } = (await openServer()("GET", "/api/llm/models/verified")).body;
    expect(models.mistral).toEqual(["devstral-2512", "devstral-medium-2512"]);
    expect(Object.keys(models)).toContain("openhands");
  });

  it("need the key", async () => {
    const ask = openServer();
    for (const path of ["providers", "models", "models/verified"]) {
      const { status } = await ask("GET", `/api/llm/${path}`, undefined, { "X-Session-API-Key": "no" });
      expect(status).toBe(401);
    }
  });
});
