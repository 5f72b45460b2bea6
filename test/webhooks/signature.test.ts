import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import { startReceiver } from "./receiver.ts";
import { isOver, serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const SECRETS = {
  encoded: `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`,
  plain: "a text that is not base64 ☃",
};

describe("a webhook with a secret", () => {
  it.each(["encoded", "plain"] as const)(
    "signs each request as Standard Webhooks has it, with a key that is %s",
    async (form) => {
      const receiver = await startReceiver();
      const secret = SECRETS[form];
      await using server = await serverFor(receiver, {
        webhook: { secret },
        // The library refuses a signature that is older than five minutes.
        clock: { now: () => Date.now(), newId: () => crypto.randomUUID(), advance: () => undefined } as never,
      });
      await (await server.start("Hi.")).expectFinished();
      await receiver.until(isOver(receiver));
      const verifier =
        form === "encoded" ? new Webhook(secret) : new Webhook(Buffer.from(secret).toString("base64"));
      const seen = new Set<string>();
      for (const { text, headers } of receiver.taken) {
        expect(verifier.verify(text, headers)).toEqual(JSON.parse(text));
        expect(() => verifier.verify(`${text} `, headers)).toThrow("No matching signature");
        seen.add(headers["webhook-id"] ?? "");
      }
      expect(seen.size).toBe(receiver.taken.length);
    },
  );

  it("never shows the secret itself, and one without a secret signs nothing", async () => {
    const [signed, plain] = [await startReceiver(), await startReceiver()];
    await using server = await serverFor(signed, {
      webhooks: [
        { baseUrl: signed.url, eventBufferSize: 1, secret: SECRETS.encoded },
        { baseUrl: plain.url, eventBufferSize: 1 },
      ],
    });
    await (await server.start("Hi.")).expectFinished();
    await signed.until(() => isOver(signed)() && isOver(plain)());
    expect(JSON.stringify([signed.requests, plain.requests])).not.toContain(SECRETS.encoded);
    for (const { headers } of plain.requests) {
      expect(Object.keys(headers).filter((name) => name.startsWith("webhook-"))).toEqual([]);
    }
  });
});

describe("the options of a server", () => {
  it("show how many webhooks there are, and neither their headers nor their secrets", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, {
      webhook: { headers: { authorization: "Bearer abc" }, secret: "s3cret" },
    });
    expect(server.options.webhookCount).toBe(1);
    expect(JSON.stringify(server.options)).not.toMatch(/Bearer abc|s3cret/);
  });

  it.each([
    [{ baseUrl: "ftp://example.org" }, "webhooks[0].baseUrl: must be a URL of http or https"],
    [{ baseUrl: "no url" }, "webhooks[0].baseUrl: must be a URL of http or https"],
    [{ headers: { "a b": "c" } }, "webhooks[0].headers: has a name or a value that no header may have"],
    [{ headers: { a: "b\nc" } }, "webhooks[0].headers: has a name or a value that no header may have"],
    [{ secret: "" }, "webhooks[0].secret: must not be empty"],
    [{ eventBufferSize: 0 }, "webhooks[0].eventBufferSize: must be a whole number, 1 or more"],
    [{ flushDelay: 0 }, "webhooks[0].flushDelay: must be a number above 0"],
    [{ numRetries: 1.5 }, "webhooks[0].numRetries: must be a whole number, 0 or more"],
    [{ retryDelay: -1 }, "webhooks[0].retryDelay: must be a number, 0 or more"],
    [
      { maxQueueSize: Number.POSITIVE_INFINITY },
      "webhooks[0].maxQueueSize: must be a whole number, 1 or more",
    ],
    [{ maxBatchBytes: 0 }, "webhooks[0].maxBatchBytes: must be a whole number, 1 or more"],
    [{ maxQueueBytes: Number.NaN }, "webhooks[0].maxQueueBytes: must be a whole number, 1 or more"],
  ])("refuse the webhook %j", async (webhook, message) => {
    await expect(serverFor({ url: "http://127.0.0.1:1" }, { webhook })).rejects.toThrow(message);
  });
});
