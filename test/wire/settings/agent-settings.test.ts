import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  agentSettings,
  openHandsSettings,
  storedAgentSettings,
} from "../../../src/wire/settings/agent/agent-settings.ts";

const llm = { model: "openai/gpt-4o", api_key: "k" };

/**
 * What the reference makes of settings: their name, whether they come from a store, they, and the fields that matter.
 */
const REFERENCE = readFileSync(join(import.meta.dirname, "reference-agent-settings.txt"), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("\t"));

function fault(input: unknown): string | undefined {
  return agentSettings.safeParse(input).error?.issues[0]?.message;
}

describe("settings of an agent that the reference reads or refuses", () => {
  it.each(REFERENCE)("%s, %s", (_name, source, input = "", result = "") => {
    const schema = source === "stored" ? storedAgentSettings : agentSettings;
    const read = schema.safeParse(JSON.parse(input));
    const expected = JSON.parse(result);
    if (expected === "refused") expect(read.success).toBe(false);
    else expect(read.data).toMatchObject(expected);
  });
});

describe("settings of an agent", () => {
  it("have the default model and all defaults when they are empty", () => {
    expect(agentSettings.parse({})).toMatchObject({
      schema_version: 9,
      agent_kind: "openhands",
      llm: { model: "gpt-5.6", api_key: null },
      tools: null,
      agent_context: { skills: [], load_memory: false },
      condenser: { condenser_kind: "llm_summarizing", max_size: 240 },
    });
  });

  it("refuse a switch that they no longer have, unless they say that they are old", () => {
    const sent = { llm, enable_sub_agents: true };
    expect(fault(sent)).toBe("Value error, Removed agent settings: enable_sub_agents");
    expect(fault({ ...sent, schema_version: 9 })).toBe(
      "Value error, Removed agent settings: enable_sub_agents",
    );
    expect(agentSettings.parse({ ...sent, schema_version: 8 })).toMatchObject({ tools: null });
  });

  it("keep an agent's own server when that of a service moves to the same name", () => {
    const mcp_config = {
      mcpServers: {
        sse: { url: "https://mcp.linear.app/sse", type: "sse" },
        shttp: { command: "mine" },
      },
    };
    expect(agentSettings.parse({ llm, mcp_config }).mcp_config).toEqual({
      shttp: { command: "mine", enabled: true },
      shttp_1: { url: "https://mcp.linear.app/mcp", enabled: true },
    });
  });

  it("leave out the unknown fields of MCP servers that other programs wrote", () => {
    const server = { type: "shttp", url: "https://a.example", unknown: 1 };
    expect(agentSettings.parse({ llm, mcp_config: { mcpServers: { a: server } } }).mcp_config).toEqual({
      a: { transport: "http", url: "https://a.example", enabled: true },
    });
    expect(agentSettings.safeParse({ llm, mcp_config: { a: server } }).success).toBe(false);
  });

  it("say of a newer version that it is newer", () => {
    expect(fault({ llm, schema_version: 10 })).toBe(
      "Value error, AgentSettings schema_version 10 is newer than supported version 9.",
    );
  });

  it("read the condenser of older clients, which has no kind", () => {
    const condenserOf = (condenser: object) => openHandsSettings.parse({ llm, condenser }).condenser;
    expect(condenserOf({ max_size: 100 })).toMatchObject({ max_size: 100, keep_first: 2 });
    expect(condenserOf({ condenser_kind: "no_op" })).toEqual({ condenser_kind: "no_op", enabled: true });
  });
});
