import { describe, expect, it } from "vitest";
import { parseModelName } from "../../../src/llm/providers.ts";
import { LlmCatalogue } from "../../../src/settings/llm-catalogue/llm-catalogue.ts";

const catalogue = new LlmCatalogue({});

describe("models to choose from", () => {
  it("are sorted, each once, and each has a provider that this server can call", async () => {
    const models = await catalogue.models();
    expect(models).toEqual([...new Set(models)].sort());
    expect(models.length).toBeGreaterThan(300);
    const providers = new Set(catalogue.providers());
    expect(models.filter((name) => !providers.has(parseModelName(name).provider ?? ""))).toEqual([]);
  });

  it("of a provider are those that its calls go to, the verified ones among them", async () => {
    const anthropic = await catalogue.models("anthropic");
    expect(anthropic).toEqual(expect.arrayContaining(["claude-opus-5", "anthropic/claude-opus-5"]));
    expect(anthropic.filter((name) => !/^(anthropic\/)?claude-/.test(name))).toEqual([]);
    const openrouter = await catalogue.models("openrouter");
    expect(openrouter).toEqual(
      expect.arrayContaining(catalogue.verified().openrouter?.map((name) => `openrouter/${name}`) ?? ["?"]),
    );
  });

  it("of an unknown provider are none", async () => {
    expect(await catalogue.models("nope")).toEqual([]);
    expect(await catalogue.models("")).toEqual([]);
    expect(await catalogue.models("__proto__")).toEqual([]);
  });

  it("of Bedrock are hidden until there are credentials of AWS", async () => {
    expect(await catalogue.models("bedrock")).toEqual([]);
    const withKey = new LlmCatalogue({ AWS_BEARER_TOKEN_BEDROCK: "key" });
    expect(await withKey.models("bedrock")).toContain("bedrock/global.anthropic.claude-opus-5");
    const blank = new LlmCatalogue({ AWS_BEARER_TOKEN_BEDROCK: " " });
    expect(await blank.models("bedrock")).toEqual([]);
  });

  it("have no names that are only the beginning of names, and no models that give no text", async () => {
    const models = await catalogue.models();
    expect(models.filter((name) => name.endsWith("-") || /text-embedding/.test(name))).toEqual([]);
  });
});
