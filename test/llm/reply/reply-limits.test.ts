import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLlm } from "../../../src/llm/create-llm.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { call, say, think } from "../../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { cpuTime } from "../../cpu-time.ts";
import { model, recordedProvider, user } from "../recorded-provider.ts";

const MIB = 1024 * 1024;
const NAMES = ["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-sonnet-4-5"];

/** The piece of a stream that carries text, by model. */
const PIECES: Record<string, (words: string) => object> = {
  "openai/gpt-4o": (content) => ({ id: "x", choices: [{ index: 0, delta: { content } }] }),
  "openai/gpt-5.5": (delta) => ({ type: "response.output_text.delta", delta }),
  "anthropic/claude-sonnet-4-5": (words) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: words },
  }),
};

/** A provider that writes whatever it likes, and whether its connections have ended. */
async function provider(write: (response: ServerResponse) => void) {
  const ended: boolean[] = [];
  const server = createServer((request, response) => {
    response.on("close", () => ended.push(true));
    request.resume().on("end", () => write(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, ended };
}

interface AskOptions {
  stream?: boolean;
  maxReplyBytes?: number;
  attempts?: number;
}

function ask(name: string, url: string, { stream = false, attempts = 5, ...rest }: AskOptions = {}) {
  const config = llmConfig.parse({ model: name, base_url: url, api_key: "k", num_retries: attempts, stream });
  const llm = createLlm(config, { environment: {}, logger: silentLogger, ...rest });
  const request: LlmRequest = { messages: [user("Hi")], tools: [], signal: new AbortController().signal };
  return llm.complete(request);
}

/** Writes a text again and again, as fast as it is read. */
function writeForever(response: ServerResponse, text: string): void {
  while (!response.destroyed && response.write(text));
  if (!response.destroyed) response.once("drain", () => writeForever(response, text));
}

describe.each(NAMES)("a reply of %s", (name) => {
  const piece = PIECES[name] ?? (() => ({}));

  it("that streams forever ends at the bound, and its connection with it", async () => {
    const { url, ended } = await provider((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      writeForever(response, `data: ${JSON.stringify(piece("on and on "))}\n\n`);
    });
    const asked = ask(name, url, { stream: true, maxReplyBytes: MIB });
    await expect(asked).rejects.toMatchObject({ name: "LLMReplyTooLargeError", retryable: false });
    await expect.poll(() => ended).toEqual([true]);
  });

  it.each([false, true])("that unpacks to gigabytes takes no memory (stream: %s)", async (stream) => {
    const { url, ended } = await provider((response) => {
      const type = stream ? "text/event-stream" : "application/json";
      response.writeHead(200, { "content-type": type, "content-encoding": "gzip" });
      const gzip = createGzip();
      gzip.pipe(response);
      const zeros = Buffer.alloc(MIB);
      const fill = () => {
        while (!response.destroyed && gzip.write(zeros));
        if (!response.destroyed) gzip.once("drain", fill);
      };
      fill();
    });
    const before = process.memoryUsage().rss;
    await expect(ask(name, url, { stream })).rejects.toThrow(`more than ${32 * MIB} bytes`);
    await expect.poll(() => ended).toEqual([true]);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  });

  it.each([false, true])("with more calls than 1,000 is refused (stream: %s)", async (stream) => {
    await using scripted = await startScriptedLlmServer(() =>
      Array.from({ length: 1_001 }, () => call("think")),
    );
    const asked = ask(name, name.startsWith("anthropic") ? scripted.origin : scripted.url, { stream });
    await expect(asked).rejects.toThrow("1001 tool calls, at most 1000 are allowed");
  });

  it.each([
    ["arguments", call("think", { thought: "x".repeat(5 * MIB) })],
    ["a text", say("x".repeat(5 * MIB))],
    ["reasoning", think("x".repeat(5 * MIB))],
  ])("with %s of more than 4 Mi characters is refused", async (_, part) => {
    await using scripted = await startScriptedLlmServer(() => [part]);
    for (const stream of [false, true]) {
      const asked = ask(name, name.startsWith("anthropic") ? scripted.origin : scripted.url, { stream });
      await expect(asked).rejects.toMatchObject({ name: "LLMReplyTooLargeError" });
    }
  });

  it("whose one event arrives in small pieces is read in linear time", async () => {
    const event = Buffer.from(`data: ${JSON.stringify(piece("x".repeat(16 * MIB)))}\n\n`);
    const { url } = await provider((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let sent = 0;
      const next = () => {
        while (sent < event.length && response.write(event.subarray(sent, sent + 512))) sent += 512;
        if (sent >= event.length) return response.end();
        sent += 512;
        response.once("drain", next);
      };
      next();
    });
    const time = await cpuTime(async () => {
      const asked = ask(name, url, { stream: true, attempts: 1 });
      await expect(asked).rejects.toMatchObject({ name: expect.stringMatching(/^LLM(No|ServiceUnavail)/) });
    });
    expect(time).toBeLessThan(10_000);
  });
});

it.each(["", "gzip"])("the replies after the first are bounded too (%s)", async (encoding) => {
  let calls = 0;
  const { url, ended } = await provider((response) => {
    calls += 1;
    if (calls === 1) return response.writeHead(400).end("{}");
    const type = { "content-type": "application/json", ...(encoding && { "content-encoding": encoding }) };
    response.writeHead(200, type);
    const zeros = "0".repeat(MIB);
    if (encoding === "") return writeForever(response, zeros);
    const packed = gzipSync(zeros.repeat(40));
    return response.end(packed);
  });
  const config = llmConfig.parse({ model: "openai/gpt-4o", base_url: url, api_key: "k", num_retries: 1 });
  const llm = createLlm(config, { environment: {}, logger: silentLogger });
  const request: LlmRequest = { messages: [user("Hi")], tools: [], signal: new AbortController().signal };
  await expect(llm.complete(request)).rejects.toMatchObject({ status: 400 });
  await expect(llm.complete(request)).rejects.toMatchObject({ name: "LLMReplyTooLargeError" });
  await expect.poll(() => ended).toEqual([true, true]);
});

it("20,000 pieces of one call, each with its name, are joined in linear time", async () => {
  const json = JSON.stringify({ thought: "x".repeat(80_000) });
  const pieces = json.match(/.{1,4}/g) ?? [];
  const frames = pieces.map((part) => ({
    id: "x",
    choices: [
      { index: 0, delta: { tool_calls: [{ index: 0, function: { name: "think", arguments: part } }] } },
    ],
  }));
  const end = { id: "x", choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
  const recorded = await recordedProvider({ stream: [...frames, end, "[DONE]"] });
  const { ask: askOnce } = model({ model: "openai/gpt-4o", base_url: recorded.url, stream: true });
  const time = await cpuTime(async () => {
    const { message } = await askOnce();
    expect(message.tool_calls).toMatchObject([{ name: "think", arguments: json }]);
  });
  expect(time).toBeLessThan(5_000);
});

it("an endless error page ends too", async () => {
  const { url, ended } = await provider((response) => {
    response.writeHead(502, { "content-type": "text/plain" });
    writeForever(response, "Bad gateway. ");
  });
  const asked = ask("openai/gpt-4o", url, { attempts: 1 });
  await expect(asked).rejects.toMatchObject({ name: "BadGatewayError", status: 502 });
  await expect.poll(() => ended).toEqual([true]);
});
