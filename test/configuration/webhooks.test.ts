import { createServer, loadConfiguration, memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";

const webhooksOf = (environment: Record<string, string>, file?: object) =>
  loadConfiguration({
    environment,
    ...(file && { file: { path: "config.json", text: JSON.stringify(file) } }),
  }).options.webhooks;

describe("webhooks in the environment", () => {
  it("are counted by their variables, up to the first gap", () => {
    const environment = {
      OH_WEBHOOKS_0_BASE_URL: "http://one",
      OH_WEBHOOKS_0_HEADERS: '{"X-Tenant":"blue"}',
      OH_WEBHOOKS_0_FLUSH_DELAY: "0.5",
      OH_WEBHOOKS_0_SECRET: "s3cret",
      OH_WEBHOOKS_1_BASE_URL: "http://two",
      OH_WEBHOOKS_1_EVENT_BUFFER_SIZE: "7",
      OH_WEBHOOKS_3_BASE_URL: "http://beyond",
    };
    expect(webhooksOf(environment)).toEqual([
      { baseUrl: "http://one", headers: { "X-Tenant": "blue" }, secret: "s3cret", flushDelay: 0.5 },
      { baseUrl: "http://two", headers: {}, secret: null, eventBufferSize: 7 },
    ]);
  });

  it("are a JSON array, with variables over its parts", () => {
    const environment = {
      OH_WEBHOOKS: '[{"base_url":"http://one","num_retries":1},{"base_url":"http://two"}]',
      OH_WEBHOOKS_0_NUM_RETRIES: "2",
      OH_WEBHOOKS_1: '{"base_url":"http://other","retry_delay":1}',
    };
    expect(webhooksOf(environment)).toEqual([
      { baseUrl: "http://one", headers: {}, secret: null, numRetries: 2 },
      { baseUrl: "http://other", headers: {}, secret: null, retryDelay: 1 },
    ]);
  });

  it("are a number, with the variables of so many", () => {
    const environment = {
      OH_WEBHOOKS: "1",
      OH_WEBHOOKS_0_BASE_URL: "http://one",
      OH_WEBHOOKS_1_BASE_URL: "x",
    };
    expect(webhooksOf(environment)?.map(({ baseUrl }) => baseUrl)).toEqual(["http://one"]);
    expect(() => webhooksOf({ OH_WEBHOOKS: "2", OH_WEBHOOKS_0_BASE_URL: "http://one" })).toThrow(
      "OH_WEBHOOKS: expected 2 objects, but there is no variable of OH_WEBHOOKS_1",
    );
  });

  it("take the place of those of the file", () => {
    const file = { webhooks: [{ base_url: "http://file", max_queue_size: 3 }] };
    expect(webhooksOf({}, file)).toEqual([
      { baseUrl: "http://file", headers: {}, secret: null, maxQueueSize: 3 },
    ]);
    const environment = { OH_WEBHOOKS_0_BASE_URL: "http://variable" };
    expect(webhooksOf(environment, file)?.map(({ baseUrl }) => baseUrl)).toEqual(["http://variable"]);
  });

  it("are refused with the name of what is wrong", () => {
    const refused = (environment: Record<string, string>) => () => webhooksOf(environment);
    expect(refused({ OH_WEBHOOKS_0_HEADERS: "{}" })).toThrow("webhooks");
    expect(refused({ OH_WEBHOOKS: "[" })).toThrow("OH_WEBHOOKS: expected JSON");
    expect(refused({ OH_WEBHOOKS: "{}" })).toThrow(
      "OH_WEBHOOKS: expected a JSON array of objects, or their number",
    );
    expect(refused({ OH_WEBHOOKS_0_BASE_URL: "http://a", OH_WEBHOOKS_0_URL: "x" })).toThrow(
      "OH_WEBHOOKS_0_URL: expected no such variable, but OH_WEBHOOKS_0_ with one of base_url",
    );
    expect(refused({ OH_WEBHOOKS_0_BASE_URL: "http://a", OH_WEBHOOKS_0_NUM_RETRIES: "many" })).toThrow(
      "a number",
    );
    expect(refused({ OH_WEBHOOKS_0_BASE_URL: "http://a", OH_WEBHOOKS_0_HEADERS: "no" })).toThrow(
      "expected JSON",
    );
    expect(refused({ OH_WEBHOOKS_0_BASE_URL: "http://a", OH_WEBHOOKS_0_FLUSH_DELAY: "0" })).toThrow(
      "webhooks",
    );
  });

  it("of no known form stop the start of the server", () => {
    const webhooks = webhooksOf({ OH_WEBHOOKS_0_BASE_URL: "not a URL" }) ?? [];
    expect(() => createServer({ apiKeys: ["k"], store: memoryStore(), webhooks })).toThrow(
      "webhooks[0].baseUrl",
    );
  });
});

describe("a later configuration in the environment", () => {
  const deferred = (environment: Record<string, string>) =>
    loadConfiguration({ environment }).options.deferredInit;

  it("is asked for by name, and has the secret key", () => {
    expect(deferred({})).toBeUndefined();
    expect(deferred({ OH_DEFERRED_INIT: "0", OH_SECRET_KEY: "k" })).toBeUndefined();
    expect(deferred({ OH_DEFERRED_INIT: "1", OH_SECRET_KEY: "k" })).toBe(true);
    expect(deferred({ OH_DEFERRED_INIT: "true" })).toBe(true);
  });

  it("is refused to everyone where the secret key is blank and no other takes its place", () => {
    expect(deferred({ OH_DEFERRED_INIT: "1", OH_SECRET_KEY: "  " })).toEqual({ key: null });
    expect(deferred({ OH_DEFERRED_INIT: "1", OH_SECRET_KEY: "", OH_SESSION_API_KEYS_0: "k" })).toBe(true);
  });
});
