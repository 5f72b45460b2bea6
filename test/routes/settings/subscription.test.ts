import { expect, it } from "vitest";
import { openServer } from "./open-server.ts";

const base = "/api/llm/subscription/openai";
const NOT_CONNECTED = { vendor: "openai", connected: false, account_email: null, expires_at: null };

it("a subscription that nobody has signed in with is told of, with its models", async () => {
  const ask = openServer();
  expect(await ask("GET", `${base}/status`)).toEqual({ status: 200, body: NOT_CONNECTED });
  expect(await ask("POST", `${base}/logout`)).toEqual({ status: 200, body: NOT_CONNECTED });
  const { vendor, models } = (await ask("GET", `${base}/models`)).body;
  expect(vendor).toBe("openai");
  expect(models).toEqual([...models].sort());
});

it("a sign-in that does not exist is 404, and a body without its token 422", async () => {
  const ask = openServer();
  expect(await ask("POST", `${base}/device/poll`, { device_code: "x" })).toEqual({
    status: 404,
    body: { detail: "Subscription device login not found or expired" },
  });
  expect((await ask("POST", `${base}/device/poll`, {})).status).toBe(422);
});
