import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/logger.ts";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { Documents } from "../../../src/settings/documents/documents.ts";
import { ChatGptSubscription } from "../../../src/settings/subscription/chatgpt-subscription.ts";
import { OpenAiIssuer } from "../../../src/settings/subscription/openai-issuer.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { standInIssuer } from "./stand-in-issuer.ts";

const START = "/api/accounts/deviceauth/usercode";
const POLL = "/api/accounts/deviceauth/token";
const TOKEN = "/oauth/token";

const CODE = { user_code: "ABCD-1234", device_auth_id: "dev-1", interval: "7" };
const GRANT = { authorization_code: "code-1", code_verifier: "verifier-1" };
const TOKENS = { access_token: "access-1", refresh_token: "refresh-1", expires_in: 3_600 };
const NOT_CONNECTED = { vendor: "openai", connected: false, account_email: null, expires_at: null };

async function open() {
  const issuer = await standInIssuer();
  issuer.answers = { [START]: [{ body: CODE }], [POLL]: [{ body: GRANT }], [TOKEN]: [{ body: TOKENS }] };
  const store = memoryStore();
  const clock = { time: 1_700_000_000_000, now: () => clock.time };
  const documents = (key = "key") =>
    new Documents({ store: store.documents, cipher: createCipher(key), logger: silentLogger });
  const over = (key?: string) =>
    new ChatGptSubscription({
      documents: documents(key),
      issuer: new OpenAiIssuer({ fetch: globalThis.fetch, issuer: issuer.url }),
      clock,
    });
  return { issuer, store, clock, over, subscription: over() };
}

describe("a sign-in on another device", () => {
  it("gives the user a code, and is connected once the issuer says so", async () => {
    const { issuer, clock, subscription } = await open();
    issuer.answers[POLL] = [{ status: 403, body: {} }, { status: 404, body: {} }, { body: GRANT }];
    const started = await subscription.start();
    expect(started).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: "ABCD-1234",
      verification_uri: `${issuer.url}/codex/device`,
      verification_uri_complete: null,
      expires_at: clock.time + 900_000,
      interval_seconds: 7,
    });
    expect(await subscription.poll(started.device_code)).toEqual(NOT_CONNECTED);
    expect(await subscription.poll(started.device_code)).toEqual(NOT_CONNECTED);
    const connected = { ...NOT_CONNECTED, connected: true, expires_at: clock.time + 3_600_000 };
    expect(await subscription.poll(started.device_code)).toEqual(connected);
    expect(await subscription.status()).toEqual(connected);
    const form = new URLSearchParams(issuer.asked.at(-1)?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: "authorization_code",
      code: "code-1",
      code_verifier: "verifier-1",
      redirect_uri: `${issuer.url}/deviceauth/callback`,
    });
    await expect(subscription.poll(started.device_code)).rejects.toMatchObject({ status: 404 });
  });

  it("is over after a quarter of an hour, and unknown to others", async () => {
    const { clock, subscription, over } = await open();
    const { device_code: code } = await subscription.start();
    await expect(over().poll(code)).rejects.toMatchObject({ status: 404 });
    await expect(subscription.poll("guessed")).rejects.toMatchObject({
      detail: "Subscription device login not found or expired",
    });
    clock.time += 900_000;
    await expect(subscription.poll(code)).rejects.toMatchObject({ status: 404 });
  });

  it("is polled once at a time", async () => {
    const { issuer, subscription } = await open();
    const { device_code: code } = await subscription.start();
    const [first, second] = await Promise.all([subscription.poll(code), subscription.poll(code)]);
    expect([first.connected, second.connected]).toEqual([true, false]);
    expect(issuer.asked.filter(({ path }) => path === POLL)).toHaveLength(1);
  });

  it("is cancelled by a sign-out, also during a poll", async () => {
    const { issuer, subscription } = await open();
    const { device_code: code } = await subscription.start();
    const { promise, resolve } = Promise.withResolvers<void>();
    issuer.hold = promise;
    const polled = subscription.poll(code);
    expect(await subscription.logout()).toEqual(NOT_CONNECTED);
    resolve();
    expect(await polled).toEqual(NOT_CONNECTED);
    expect(await subscription.status()).toEqual(NOT_CONNECTED);
    await expect(subscription.poll(code)).rejects.toMatchObject({ status: 404 });
  });

  it("goes on after a fault of the issuer, whose words are not shown", async () => {
    const { issuer, subscription } = await open();
    const faults = [
      { status: 500, body: { secret: "hunter2" } },
      { body: "no JSON hunter2" },
      { body: { authorization_code: 3, hunter2: true } },
      { body: JSON.stringify("x".repeat(100_000)) },
      { status: 302, body: "", headers: { location: "/elsewhere" } },
    ];
    const { device_code: code } = await subscription.start();
    for (const fault of faults) {
      issuer.answers[POLL] = [fault];
      const error = await subscription.poll(code).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ status: 503, message: expect.not.stringContaining("hunter2") });
    }
    issuer.answers[POLL] = [{ body: GRANT }];
    expect((await subscription.poll(code)).connected).toBe(true);
    issuer.answers[START] = [{ status: 404, body: {} }];
    await expect(subscription.start()).rejects.toMatchObject({ status: 503 });
  });

  it("leaves no more than a hundred sign-ins that nobody confirms", async () => {
    const { subscription } = await open();
    const started = [];
    for (let count = 0; count <= 100; count += 1) started.push(await subscription.start());
    await expect(subscription.poll(started[0]?.device_code ?? "")).rejects.toMatchObject({ status: 404 });
    expect((await subscription.poll(started[1]?.device_code ?? "")).connected).toBe(true);
  });
});

describe("tokens of a subscription", () => {
  async function signedIn() {
    const bench = await open();
    const { device_code: code } = await bench.subscription.start();
    await bench.subscription.poll(code);
    return bench;
  }

  it("are sealed where they are kept", async () => {
    const { store } = await signedIn();
    const [stored] = await store.documents.list("subscription");
    expect(stored?.json).not.toMatch(/access-1|refresh-1/);
    expect(stored?.json).toMatch(/gAAAAA/);
  });

  it("are given to models as long as someone is signed in, renewed in time", async () => {
    const { issuer, clock, subscription } = await signedIn();
    expect(await subscription.tokens()).toEqual({ accessToken: "access-1", accountId: null });
    clock.time += 3_600_000;
    issuer.answers[TOKEN] = [{ body: { access_token: "access-2", expires_in: 3_600 } }];
    expect(await subscription.tokens()).toEqual({ accessToken: "access-2", accountId: null });
    clock.time += 3_600_000;
    issuer.answers[TOKEN] = [{ status: 500, body: {} }];
    await expect(subscription.tokens()).rejects.toMatchObject({ status: 503 });
    await subscription.logout();
    expect(await subscription.tokens()).toBeNull();
  });

  it("are renewed once for all who ask, a minute before their end", async () => {
    const { issuer, clock, subscription, over } = await signedIn();
    issuer.answers[TOKEN] = [{ body: { access_token: "access-2", expires_in: 100 } }];
    clock.time += 3_600_000 - 59_000;
    const states = await Promise.all([1, 2, 3].map(() => subscription.status()));
    expect(new Set(states.map(({ expires_at: end }) => end))).toEqual(new Set([clock.time + 100_000]));
    const renewals = issuer.asked.filter(({ body }) => body.includes("grant_type=refresh_token"));
    expect(renewals.map(({ body }) => new URLSearchParams(body).get("refresh_token"))).toEqual(["refresh-1"]);
    expect((await over().status()).connected).toBe(true);
  });

  it("that cannot be renewed now count as none, and are tried again", async () => {
    const { issuer, clock, subscription } = await signedIn();
    clock.time += 3_600_000;
    issuer.answers[TOKEN] = [{ status: 401, body: {} }, { body: TOKENS }];
    expect(await subscription.status()).toEqual(NOT_CONNECTED);
    expect((await subscription.status()).connected).toBe(true);
  });

  it("do not come back when a sign-out meets a renewal", async () => {
    const { issuer, clock, subscription } = await signedIn();
    clock.time += 3_600_000;
    const { promise, resolve } = Promise.withResolvers<void>();
    issuer.hold = promise;
    const status = subscription.status();
    await subscription.logout();
    resolve();
    expect(await status).toEqual(NOT_CONNECTED);
    expect(await subscription.status()).toEqual(NOT_CONNECTED);
  });

  it("of another key are no sign-in, and stay for the right one", async () => {
    const { over, subscription } = await signedIn();
    expect(await over("other").status()).toEqual(NOT_CONNECTED);
    expect((await subscription.status()).connected).toBe(true);
  });
});
