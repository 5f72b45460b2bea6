import { describe, expect, it } from "vitest";
import { validate } from "../../../src/http/route/validation.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";

const parse = (input: object) => llmConfig.parse({ model: "openai/gpt-4o", ...input });

describe("the configuration of a model", () => {
  it("has the reference's 56 keys, in its order, with its defaults", () => {
    const config = parse({});
    expect(Object.keys(config)).toHaveLength(56);
    expect(Object.keys(config).slice(20, 24)).toEqual([
      "retry_max_wait",
      "timeout",
      "stream_idle_timeout",
      "max_message_chars",
    ]);
    expect(Object.keys(config).at(-1)).toBe("is_subscription");
    expect(config).toMatchObject({
      timeout: 300,
      stream_idle_timeout: 300,
      num_retries: 5,
      retry_multiplier: 8,
      reasoning_effort: "high",
      prompt_cache_retention: "24h",
      extended_thinking_budget: 200_000,
      log_completions_folder: "logs/completions",
    });
  });

  it("drops keys that it does not know, those of older versions among them", () => {
    const config = parse({
      modify_params: false,
      safety_settings: [],
      fallback_strategy: { fallback_llms: [] },
    });
    expect(config).toEqual(parse({}));
  });

  it("lets a stream be silent for as long as an attempt may take, unless it says otherwise", () => {
    expect(parse({ timeout: 20 }).stream_idle_timeout).toBe(20);
    expect(parse({ timeout: null })).toMatchObject({ timeout: null, stream_idle_timeout: null });
    expect(parse({ timeout: 20, stream_idle_timeout: 1.5 }).stream_idle_timeout).toBe(1.5);
    expect(parse({ timeout: 20, stream_idle_timeout: null }).stream_idle_timeout).toBeNull();
  });

  it("tells of an invalid limit once", () => {
    for (const timeout of ["soon", -1, []]) {
      const { error } = llmConfig.safeParse({ model: "openai/gpt-4o", timeout });
      expect(error?.issues.map(({ path }) => path)).toEqual([["timeout"]]);
    }
  });

  it("fills in the version of Azure's API, and drops OpenAI's address without its path", () => {
    expect(parse({ model: "azure/mine" }).api_version).toBe("2024-12-01-preview");
    expect(parse({ model: "azure/mine", api_version: "2025-01-01" }).api_version).toBe("2025-01-01");
    expect(parse({ base_url: "https://api.openai.com/" }).base_url).toBeNull();
    expect(parse({ base_url: "https://api.openai.com/v1" }).base_url).toBe("https://api.openai.com/v1");
  });

  it("has fallback models by the names of their profiles, at most eight", () => {
    const named = (count: number) => ({ fallback_llms: Array.from({ length: count }, (_, at) => `p${at}`) });
    expect(parse({ fallback_strategy: named(8) }).fallback_strategy).toMatchObject(named(8));
    const wrong = [named(9), { profile_store_dir: "/p" }, { fallback_llms: [3] }, "other", 3];
    for (const fallback_strategy of wrong) {
      const { error } = llmConfig.safeParse({ model: "openai/gpt-4o", fallback_strategy });
      expect(error?.issues.map(({ path }) => path[0])).toEqual(["fallback_strategy"]);
    }
  });

  it.each([{}, { model: "" }, { model: null }])("is refused without a model: %j", (input) => {
    expect(validate(llmConfig, input, "body").items).toMatchObject([
      { type: "value_error", loc: ["body"], msg: "Value error, model must be specified in LLM" },
    ]);
  });

  it.each([
    ["timeout", 0.5],
    ["timeout", -1],
    ["stream_idle_timeout", -1],
    ["num_retries", -1],
    ["top_p", 1.5],
    ["temperature", -0.1],
    ["max_output_tokens", 0],
    ["api_mode", "magic"],
    ["reasoning_summary", "long"],
    ["capability_overrides", { supports_vision: { a: 1 } }],
    ["extra_headers", { a: 1 }],
    ["auth_type", "none"],
  ])("names a field with a value that is not allowed: %s %j", (field, value) => {
    const { items = [] } = validate(llmConfig, { model: "openai/gpt-4o", [field]: value }, "body");
    expect(items[0]?.loc.slice(0, 2)).toEqual(["body", field]);
  });
});
