import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLlm } from "../../../src/llm/create-llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { user } from "../recorded-provider.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const ACCOUNT = {
  type: "service_account",
  project_id: "my-project",
  private_key: privateKey,
  client_email: "agent@my-project.iam.gserviceaccount.com",
  token_uri: "http://127.0.0.1:9/stolen",
  universe_domain: "evil.test",
};
const completion = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };
const claude = { content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" };

interface Sent {
  url: URL;
  headers: Headers;
  body: string;
}

/** A model whose requests are answered here: tokens, and a reply for everything else. */
function vertexModel(config: object, environment: Record<string, string> = {}, reply: object = completion) {
  const sent: Sent[] = [];
  let tokens = 0;
  const llm = createLlm(llmConfig.parse({ model: "vertex_ai/gemini-3-pro", num_retries: 1, ...config }), {
    environment,
    logger: silentLogger,
    async fetch(target, init) {
      const request = new Request(target as URL, init);
      sent.push({ url: new URL(request.url), headers: request.headers, body: await request.text() });
      if (!request.url.startsWith("https://oauth2.googleapis.com/")) return Response.json(reply);
      tokens += 1;
      return Response.json({ access_token: `token-${tokens}`, expires_in: 3600, token_type: "Bearer" });
    },
  });
  const ask = () =>
    llm.complete({ messages: [user("Hello")], tools: [], signal: new AbortController().signal });
  return { ask, sent };
}

describe("a model at Vertex AI", () => {
  it("is asked with a token of the service account, which is fetched once", async () => {
    const { ask, sent } = vertexModel({ api_key: JSON.stringify(ACCOUNT) });
    await ask();
    await ask();
    expect(sent.map(({ url }) => url.href)).toEqual([
      "https://oauth2.googleapis.com/token",
      ...Array(2).fill(
        "https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/endpoints/openapi/chat/completions",
      ),
    ]);
    expect(sent[1]?.headers.get("authorization")).toBe("Bearer token-1");
    expect(JSON.parse(sent[1]?.body ?? "").model).toBe("google/gemini-3-pro");
    expect(sent.map(({ body }) => body).join()).not.toContain("PRIVATE KEY");
  });

  it("proves the account by its signature, for the scope of the cloud alone", async () => {
    const { ask, sent } = vertexModel({ api_key: JSON.stringify(ACCOUNT) });
    await ask();
    const assertion = new URLSearchParams(sent[0]?.body).get("assertion") ?? "";
    const [head = "", claims = "", signature = ""] = assertion.split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iss: ACCOUNT.client_email,
      aud: "https://oauth2.googleapis.com/token",
      scope: "https://www.googleapis.com/auth/cloud-platform",
    });
    const isSigned = verify(
      "RSA-SHA256",
      Buffer.from(`${head}.${claims}`),
      createPublicKey(publicKey),
      Buffer.from(signature, "base64url"),
    );
    expect(isSigned).toBe(true);
  });

  it("is asked with a ready token as it is, in the project and place of the environment", async () => {
    const environment = { VERTEXAI_PROJECT: "p", VERTEXAI_LOCATION: "global" };
    const { ask, sent } = vertexModel(
      { api_key: "ya29.ready", model: "vertex_ai/meta/llama-4" },
      environment,
    );
    await ask();
    expect(sent.map(({ url }) => url.href)).toEqual([
      "https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi/chat/completions",
    ]);
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer ya29.ready");
    expect(JSON.parse(sent[0]?.body ?? "").model).toBe("meta/llama-4");
  });

  it("has a file of credentials from the environment", async () => {
    const folder = await mkdtemp(join(tmpdir(), "agent-server-vertex-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "account.json");
    await writeFile(file, JSON.stringify(ACCOUNT));
    const { ask, sent } = vertexModel({}, { VERTEXAI_PROJECT: "p", GOOGLE_APPLICATION_CREDENTIALS: file });
    await ask();
    expect(sent[1]?.headers.get("authorization")).toBe("Bearer token-1");
    const inline = vertexModel({}, { VERTEXAI_PROJECT: "p", VERTEXAI_CREDENTIALS: JSON.stringify(ACCOUNT) });
    await inline.ask();
    expect(inline.sent[1]?.headers.get("authorization")).toBe("Bearer token-1");
  });

  it("speaks Anthropic's protocol where it is a Claude, with the model in the path", async () => {
    const environment = { VERTEXAI_PROJECT: "p", VERTEXAI_LOCATION: "us-east5" };
    const config = { api_key: "ya29.ready", model: "vertex_ai/claude-sonnet-4-5@20250929" };
    const { ask, sent } = vertexModel(config, environment, claude);
    expect((await ask()).message.content).toMatchObject([{ text: "Hi" }]);
    expect(sent[0]?.url.href).toBe(
      "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
    );
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer ya29.ready");
    expect(sent[0]?.headers.has("x-api-key")).toBe(false);
    const body = JSON.parse(sent[0]?.body ?? "");
    expect(body).toMatchObject({ anthropic_version: "vertex-2023-10-16", max_tokens: 64_000 });
    expect(body).not.toHaveProperty("model");
  });

  it("is found at an address of the configuration, with the path of its API", async () => {
    const base_url = "https://private.test/v1/projects/p/locations/l/";
    const { ask, sent } = vertexModel({ api_key: "t", base_url });
    await ask();
    expect(sent[0]?.url.href).toBe(
      "https://private.test/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
    );
  });

  it("is refused in words where something is missing", async () => {
    const refusal = (config: object, environment = {}) =>
      expect(vertexModel(config, environment).ask()).rejects;
    await refusal({ api_key: "t" }).toThrow("VERTEXAI_PROJECT");
    await refusal({ api_key: '{"type":"external_account"}' }, { VERTEXAI_PROJECT: "p" }).toThrow(
      "not a service account",
    );
    await refusal({ api_key: "{broken" }, { VERTEXAI_PROJECT: "p" }).toThrow("not a service account");
    const broken = JSON.stringify({ ...ACCOUNT, private_key: "no key" });
    await refusal({ api_key: broken }).toMatchObject({ name: "LLMAuthenticationError" });
  });

  it("gets no credentials of the server at an address that a client names", async () => {
    const environment = { VERTEXAI_PROJECT: "p", VERTEXAI_CREDENTIALS: JSON.stringify(ACCOUNT) };
    const { ask, sent } = vertexModel(
      { base_url: "https://thief.test/v1/projects/p/locations/l" },
      environment,
    );
    await expect(ask()).rejects.toThrow("gets no credentials of the server");
    expect(sent).toEqual([]);
  });
});
