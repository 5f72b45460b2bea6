import { createHash, createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLlm } from "../../../src/llm/create-llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import { model as anyModel, recordedProvider, user } from "../recorded-provider.ts";
import { reply } from "./event-frames.ts";

const KEYS = { aws_access_key_id: "AKIAEXAMPLE", aws_secret_access_key: "a/secret+key" };
const hi = reply([{ text: "Hi" }]);

interface Sent {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Signature Version 4 as AWS describes it, apart from the signer under test. */
function signatureOf({ path, headers, text }: Sent, secret: string, service: string): string {
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/(\S+), SignedHeaders=(\S+), /.exec(String(headers.authorization)) ?? [];
  const [date = "", region = ""] = scope.split("/");
  const sha = (value: string) => createHash("sha256").update(value).digest("hex");
  const mac = (key: string | Buffer, value: string) => createHmac("sha256", key).update(value).digest();
  const canonical = [
    "POST",
    path.split("/").map(encodeURIComponent).join("/"),
    "",
    ...names.split(";").map((name) => `${name}:${headers[name]}`),
    "",
    names,
    sha(text),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha(canonical)].join("\n");
  const key = [region, service, "aws4_request"].reduce<string | Buffer>(mac, mac(`AWS4${secret}`, date));
  return mac(key, toSign).toString("hex");
}

function model(url: string, config: Record<string, unknown>, environment: Record<string, string> = {}) {
  const rest = { api_key: null, aws_region_name: "eu-west-1", base_url: url, ...config };
  return anyModel({ model: "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", ...rest }, environment);
}

/** Asks a provider that the environment names, so that it gets credentials of the environment. */
async function askedWith(
  config: Record<string, unknown>,
  environment: Record<string, string> = {},
): Promise<Sent> {
  const provider = await recordedProvider(hi);
  await model(
    "",
    { base_url: null, ...config },
    { AWS_BEDROCK_BASE_URL: provider.origin, ...environment },
  ).ask();
  const [request] = provider.requests;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

describe("requests signed for AWS", () => {
  it("have a signature over path, headers and body that AWS accepts", async () => {
    const request = await askedWith({ ...KEYS, aws_session_token: "a-token" });
    expect(request.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
    );
    expect(request.headers["x-amz-security-token"]).toBe("a-token");
    const [, signature] = /Signature=(\w+)$/.exec(String(request.headers.authorization)) ?? [];
    expect(signature).toBe(signatureOf(request, KEYS.aws_secret_access_key, "bedrock"));
  });

  it("are made also where an API key is set beside the keys", async () => {
    const { headers } = await askedWith({ ...KEYS, api_key: "of-another-provider" });
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
  });

  it("have the keys of the environment where the configuration has none", async () => {
    const environment = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" };
    const { headers } = await askedWith({}, environment);
    expect(headers.authorization).toContain("Credential=AKIAENV/");
    expect(headers["x-amz-security-token"]).toBe("t");
  });

  it("have a Bedrock API key of the environment in the place of a signature", async () => {
    const { headers } = await askedWith({}, { AWS_BEARER_TOKEN_BEDROCK: "b", AWS_ACCESS_KEY_ID: "AKIAENV" });
    expect(headers.authorization).toBe("Bearer b");
  });

  it("have the keys of a profile", async () => {
    const folder = await mkdtemp(join(tmpdir(), "agent-server-aws-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "credentials");
    await writeFile(file, "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\n");
    const files = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, "config") };
    const { headers } = await askedWith({ aws_profile_name: "work" }, files);
    expect(headers.authorization).toContain("Credential=AKIAWORK/");
    await expect(model("", { base_url: null, aws_profile_name: "none" }, files).ask()).rejects.toMatchObject({
      name: "LLMAuthenticationError",
      message: expect.stringContaining("none"),
    });
  });

  it("leave no token in an error, though AWS quotes the request that it refuses", async () => {
    const provider = await recordedProvider({
      status: 403,
      body: {
        message: "The Canonical String should have been 'x-amz-security-token:a-session-token' for AKIAENV",
      },
    });
    const environment = {
      AWS_BEDROCK_BASE_URL: provider.origin,
      AWS_ACCESS_KEY_ID: "AKIAENV",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_SESSION_TOKEN: "a-session-token",
    };
    const error = await model("", { base_url: null }, environment)
      .ask()
      .catch((reason: Error) => reason);
    expect(String(error)).toContain("Canonical String");
    expect(String(error)).not.toMatch(/a-session-token|AKIAENV/);
  });

  it("never carry credentials of the server to an address that a client names", async () => {
    const provider = await recordedProvider(hi);
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIAENV",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_BEARER_TOKEN_BEDROCK: "b",
    };
    for (const config of [{}, { aws_profile_name: "work" }, { aws_role_name: "arn:aws:iam::1:role/r" }]) {
      await expect(model(provider.origin, config, environment).ask()).rejects.toMatchObject({
        name: "LLMAuthenticationError",
        message: expect.stringContaining("gets no credentials of the server"),
      });
    }
    expect(provider.requests).toEqual([]);
  });
});

describe("a role", () => {
  const role = "arn:aws:iam::123:role/agent";
  const granted = (seconds: number) => ({
    AssumeRoleResponse: {
      AssumeRoleResult: {
        Credentials: {
          AccessKeyId: "ASIAROLE",
          SecretAccessKey: "role-secret",
          SessionToken: "role-token",
          Expiration: seconds,
        },
      },
    },
  });

  /** A model whose requests are answered here, and the time. */
  function roleModel(config: Record<string, unknown>, answer: (url: URL) => Response) {
    const sent: { url: URL; headers: Headers; body: string }[] = [];
    const time = { now: Date.UTC(2026, 0, 1) };
    const parsed = llmConfig.parse({
      model: "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
      aws_region_name: "eu-west-1",
      aws_role_name: role,
      num_retries: 1,
      ...KEYS,
      ...config,
    });
    const llm = createLlm(parsed, {
      environment: {},
      logger: silentLogger,
      clock: { now: () => time.now, newId: () => "id" },
      async fetch(target, init) {
        const url = new URL(String(target));
        const headers = new Headers(init?.headers);
        sent.push({ url, headers, body: Buffer.from(init?.body as Uint8Array | string).toString() });
        return answer(url);
      },
    });
    const ask = () =>
      llm.complete({ messages: [user("Hello")], tools: [], signal: new AbortController().signal });
    return { ask, sent, time };
  }

  const both = (seconds: number) => (url: URL) =>
    url.hostname.startsWith("sts.") ? Response.json(granted(seconds)) : Response.json(hi.body);

  it("is taken once, with the keys, and signs the requests until it is about to end", async () => {
    const start = Date.UTC(2026, 0, 1);
    const { ask, sent, time } = roleModel({ aws_session_name: "my-session" }, both(start / 1000 + 600));
    await Promise.all([ask(), ask()]);
    const [first, ...rest] = sent;
    expect(first?.url.href).toBe("https://sts.eu-west-1.amazonaws.com/");
    expect(Object.fromEntries(new URLSearchParams(first?.body))).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: role,
      RoleSessionName: "my-session",
    });
    expect(first?.headers.get("authorization")).toContain("AKIAEXAMPLE/20260101/eu-west-1/sts/");
    expect(rest.map(({ url }) => url.hostname)).toEqual(
      Array(2).fill("bedrock-runtime.eu-west-1.amazonaws.com"),
    );
    for (const { headers } of rest) {
      expect(headers.get("authorization")).toContain("Credential=ASIAROLE/");
      expect(headers.get("x-amz-security-token")).toBe("role-token");
    }
    time.now += 301_000;
    await ask();
    expect(sent.filter(({ url }) => url.hostname.startsWith("sts."))).toHaveLength(2);
  });

  it("that is refused is told in the words of AWS, and asked for again at the next call", async () => {
    const { ask, sent } = roleModel({}, () =>
      Response.json(
        { Error: { Code: "AccessDenied", Message: "not authorized to perform sts:AssumeRole" } },
        { status: 403 },
      ),
    );
    for (let call = 0; call < 2; call += 1) {
      await expect(ask()).rejects.toMatchObject({
        name: "LLMAuthenticationError",
        message: expect.stringContaining("not authorized to perform sts:AssumeRole"),
      });
    }
    expect(sent).toHaveLength(2);
  });
});
