import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { estimateTokens, loadTokenizer } from "../../../src/llm/tokens/tokenizer.ts";

const model = (name: string) => loadTokenizer({ model: name, model_canonical_name: null });

describe("the tokenizer of a model", () => {
  it("is that of OpenAI's newer models", async () => {
    for (const name of ["openai/gpt-4o", "gpt-5.1", "openai/o3-mini", "openrouter/openai/gpt-4.1"]) {
      expect((await model(name))("Ein Satz von einigen Wörtern.")).toBe(
        countTokens("Ein Satz von einigen Wörtern."),
      );
    }
  });

  it("is that of OpenAI's older models", async () => {
    const count = await model("gpt-4");
    expect(count("hello world")).toBe(2);
    expect(count("Ein Satz von einigen Wörtern.")).not.toBe(countTokens("Ein Satz von einigen Wörtern."));
  });

  it("is looked up by the canonical name", async () => {
    const count = await loadTokenizer({ model: "proxy/ours", model_canonical_name: "openai/gpt-4o" });
    expect(count("hello world")).toBe(2);
  });

  it("is another one that runs here, where the configuration names it", async () => {
    const named = (custom_tokenizer: string) =>
      loadTokenizer({ model: "anthropic/claude-opus-5", model_canonical_name: null, custom_tokenizer });
    const words = "Ein Satz von einigen Wörtern.";
    expect((await named("Xenova/gpt-4o"))(words)).toBe(countTokens(words));
    expect(await named("mistralai/Mistral-7B")).toBe(estimateTokens);
  });

  it("is an estimate by length where the maker publishes none", async () => {
    expect(await model("anthropic/claude-sonnet-4-5")).toBe(estimateTokens);
    expect(estimateTokens("x".repeat(35))).toBe(10);
    expect(estimateTokens("漢字")).toBe(2);
  });

  it("takes the names of special tokens for words", async () => {
    expect((await model("gpt-4o"))("<|endoftext|>")).toBeGreaterThan(1);
  });

  it("counts a long text in slices, which makes hardly a difference", async () => {
    const words = "Some words, a number 12.5 and {json: true}. ".repeat(200);
    const whole = countTokens(words);
    const sliced = (await model("gpt-4o"))(words);
    expect(Math.abs(sliced - whole)).toBeLessThanOrEqual(words.length / 512);
  });

  it("counts a long run of one letter", async () => {
    expect((await model("gpt-4o"))("a".repeat(200_000))).toBeGreaterThan(10_000);
  });
});
