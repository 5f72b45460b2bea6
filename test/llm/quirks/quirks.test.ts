import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/wire/events/message.ts";
import { model, recordedProvider } from "../recorded-provider.ts";
import { anthropicQuirks } from "./anthropic.ts";
import { azureQuirks } from "./azure.ts";
import { bedrockQuirks } from "./bedrock.ts";
import { compatibleQuirks } from "./compatible.ts";
import { deepseekQuirks } from "./deepseek.ts";
import { geminiQuirks } from "./gemini.ts";
import { groqQuirks } from "./groq.ts";
import { localQuirks } from "./local.ts";
import { mistralQuirks } from "./mistral.ts";
import { openRouterQuirks } from "./openrouter.ts";
import type { Outcome, Quirk } from "./quirk.ts";
import { responsesQuirks } from "./responses.ts";

const QUIRKS: Readonly<Record<string, readonly Quirk[]>> = {
  anthropic: anthropicQuirks,
  azure: azureQuirks,
  bedrock: bedrockQuirks,
  compatible: compatibleQuirks,
  deepseek: deepseekQuirks,
  gemini: geminiQuirks,
  groq: groqQuirks,
  local: localQuirks,
  mistral: mistralQuirks,
  openrouter: openRouterQuirks,
  responses: responsesQuirks,
};

const SERVES_AT_ORIGIN = /^(anthropic|azure|bedrock)\//;

for (const [provider, quirks] of Object.entries(QUIRKS)) {
  describe(`quirks: ${provider}`, () => {
    for (const quirk of quirks) {
      it(quirk.title, async () => {
        expect(await outcomeOf(quirk)).toMatchObject(quirk.outcome);
      });
    }
  });
}

it("every quirk is in the table with its source, and the table has no others", async () => {
  const [head, ...lines] = (await readFile(join(import.meta.dirname, "sources.tsv"), "utf8"))
    .trimEnd()
    .split("\n");
  expect(head).toBe("provider\tquirk\tbefore\tsource");
  const rows = lines.map((line) => line.split("\t"));
  const listed = rows.map(([provider, title]) => `${provider}: ${title}`);
  const recorded = Object.entries(QUIRKS).flatMap(([provider, quirks]) =>
    quirks.map(({ title }) => `${provider}: ${title}`),
  );
  expect(listed.toSorted()).toEqual(recorded.toSorted());
  expect(
    rows.filter(
      ([, , before, source]) =>
        !/^(right|wrong|absent)$/.test(before ?? "") || !/^https:\/\//.test(source ?? ""),
    ),
  ).toEqual([]);
});

async function outcomeOf({ model: name, config, answers, request }: Quirk): Promise<Partial<Outcome>> {
  const provider = await recordedProvider(...answers);
  const base_url = SERVES_AT_ORIGIN.test(name) ? provider.origin : provider.url;
  const asked = model({ model: name, base_url, stream: true, num_retries: 2, ...config });
  const outcome = await asked.ask(request).then(
    ({ message, usage }) => ({ ...contentsOf(message), usage }),
    (error: Error) => ({ error: error.name, says: error.message }),
  );
  return {
    ...outcome,
    requests: provider.requests.length,
    sent: provider.requests.at(-1)?.body ?? {},
    streamed: asked.deltas.map(({ content }) => content ?? "").join(""),
  };
}

function contentsOf({ content, reasoning_content, tool_calls, thinking_blocks }: Message) {
  return {
    text: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    reasoning: reasoning_content ?? null,
    calls: (tool_calls ?? []).map((call) => [call.id, call.name, parsed(call.arguments)] as const),
    thinking: thinking_blocks ?? [],
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
