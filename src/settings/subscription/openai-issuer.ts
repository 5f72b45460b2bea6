import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { readBounded } from "../../read-bounded.ts";

/** Sends a request to the outside. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface OpenAiIssuerOptions {
  fetch: Fetch;
  /** Base URL. Default: OpenAI's own. */
  issuer?: string;
}

/** A sign-in that waits for its user. */
export interface DeviceCode {
  userCode: string;
  deviceAuthId: string;
  /** Where the user enters the code. */
  verificationUrl: string;
  /** Seconds between two polls. */
  interval: number;
}

/** Tokens of a signed-in user. */
export interface IssuedTokens {
  accessToken: string;
  /** null: the former one goes on. */
  refreshToken: string | null;
  /** Seconds for which the access token is valid. */
  expiresIn: number;
}

/** Names this kind of client to the issuer. Public, the same for all. */
const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024;
const DEFAULT_INTERVAL = 5;

const deviceCodeReply = z.object({
  user_code: z.string().min(1).optional(),
  usercode: z.string().min(1).optional(),
  device_auth_id: z.string(),
  interval: z.coerce.number().default(DEFAULT_INTERVAL),
});
const authorizationReply = z.object({ authorization_code: z.string(), code_verifier: z.string() });
const tokenReply = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive().default(3_600),
});

/** The issuer of tokens for ChatGPT subscriptions. */
export class OpenAiIssuer {
  readonly #fetch: Fetch;
  readonly #issuer: string;

  constructor({ fetch, issuer = "https://auth.openai.com" }: OpenAiIssuerOptions) {
    this.#fetch = fetch;
    this.#issuer = issuer;
  }

  /** @throws AgentServerError `unavailable` when the issuer does not answer as it should; so do the other calls. */
  async requestDeviceCode(): Promise<DeviceCode> {
    const reply = await this.#json("/api/accounts/deviceauth/usercode", { client_id: CLIENT_ID });
    if (reply.body === null) throw failed(`answered ${reply.status}`);
    const {
      user_code: code,
      usercode,
      device_auth_id: deviceAuthId,
      interval,
    } = parsed(deviceCodeReply, reply.body);
    const userCode = code ?? usercode;
    if (userCode === undefined) throw failed("sent no code for the user");
    const seconds = Number.isFinite(interval) ? Math.max(1, Math.floor(interval)) : DEFAULT_INTERVAL;
    return { userCode, deviceAuthId, interval: seconds, verificationUrl: `${this.#issuer}/codex/device` };
  }

  /** The tokens of a sign-in, or null while the user has not confirmed it. */
  async pollDeviceCode({ userCode, deviceAuthId }: DeviceCode): Promise<IssuedTokens | null> {
    const body = { device_auth_id: deviceAuthId, user_code: userCode };
    const reply = await this.#json("/api/accounts/deviceauth/token", body);
    if (reply.status === 403 || reply.status === 404) return null;
    if (reply.body === null) throw failed(`answered ${reply.status}`);
    const { authorization_code: code, code_verifier: verifier } = parsed(authorizationReply, reply.body);
    return this.#tokens({
      grant_type: "authorization_code",
      code,
      redirect_uri: `${this.#issuer}/deviceauth/callback`,
      client_id: CLIENT_ID,
      code_verifier: verifier,
    });
  }

  refresh(refreshToken: string): Promise<IssuedTokens> {
    return this.#tokens({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id: CLIENT_ID,
    });
  }

  async #tokens(form: Record<string, string>): Promise<IssuedTokens> {
    const reply = await this.#ask("/oauth/token", {
      body: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    if (reply.body === null) throw failed(`answered ${reply.status}`);
    const tokens = parsed(tokenReply, reply.body);
    return {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? null,
      expiresIn: tokens.expires_in,
    };
  }

  #json(path: string, body: object): Promise<Reply> {
    return this.#ask(path, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  }

  /** A redirect would carry the tokens elsewhere. */
  async #ask(path: string, init: Pick<RequestInit, "body" | "headers">): Promise<Reply> {
    try {
      const response = await this.#fetch(this.#issuer + path, {
        ...init,
        method: "POST",
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = (await readBounded(response.body, MAX_BYTES)).toString();
      return { status: response.status, body: response.ok ? JSON.parse(text) : null };
    } catch (error) {
      throw failed("cannot be reached, or answers no JSON", error);
    }
  }
}

interface Reply {
  status: number;
  /** null for a refusal. */
  body: unknown;
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, success } = schema.safeParse(body);
  // The reason would hold what was sent, which may be a token.
  if (!success) throw failed("answers in another form");
  return data;
}

function failed(what: string, cause?: unknown): AgentServerError {
  return new AgentServerError("unavailable", `The issuer of ChatGPT sign-ins ${what}`, { cause });
}
