import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { AgentServerError } from "../../errors.ts";
import type { DeviceStartResponse, SubscriptionStatus } from "../../wire/settings/subscription.ts";
import { defineCollection } from "../documents/collection.ts";
import type { Documents } from "../documents/documents.ts";
import { accountOfToken } from "./account-of-token.ts";
import { DEVICE_LOGINS_ID, DeviceLogins } from "./device-logins.ts";
import type { IssuedTokens, OpenAiIssuer } from "./openai-issuer.ts";

/** Models that a ChatGPT subscription includes, as the protocol's version lists them. */
const MODELS = [
  "gpt-5.5",
  "gpt-5.6-luna",
  "gpt-5.6-sol",
  "gpt-5.6-terra",
  "gpt-6-astra",
  "gpt-6-luna",
  "gpt-6-sol",
  "gpt-6.1-sol",
];

const VENDOR = "openai";
/** Milliseconds before its end from which a token is not used any more. */
const SKEW = 60_000;

const token = z.object({ kind: z.literal("StaticSecret"), value: z.string().nullable().default(null) });

/** The tokens have the form of secrets, so that they are sealed. */
export const SUBSCRIPTIONS = defineCollection({
  kind: "subscription",
  label: "ChatGPT sign-in",
  schema: z.object({
    vendor: z.literal(VENDOR),
    /** Milliseconds since 1970. */
    expires_at: z.number(),
    secrets: z.object({ access_token: token, refresh_token: token }),
  }),
});

type StoredLogin = z.output<typeof SUBSCRIPTIONS.schema>;

export interface ChatGptSubscriptionOptions {
  documents: Documents;
  issuer: OpenAiIssuer;
  clock: Pick<Clock, "now">;
  /** Shows other servers that this one keeps the sign-ins that wait. Default: there are none. */
  claim?: ((id: string) => Promise<unknown>) | undefined;
}

/** The sign-in of this server's user with a ChatGPT subscription. */
export class ChatGptSubscription {
  readonly #options: ChatGptSubscriptionOptions;
  readonly #logins: DeviceLogins;
  #refreshing: Promise<StoredLogin | null> | null = null;

  constructor(options: ChatGptSubscriptionOptions) {
    this.#options = options;
    this.#logins = new DeviceLogins(() => options.clock.now());
  }

  models(): string[] {
    return [...MODELS];
  }

  /** The state without tokens. One that cannot be renewed now counts as none, and is kept. */
  async status(): Promise<SubscriptionStatus> {
    const login = await this.#fresh().catch(() => null);
    return statusOf(login);
  }

  /**
   * Valid tokens for a call of a model; null without a sign-in.
   *
   * @throws AgentServerError `unavailable` when they have to be renewed and the issuer does not answer as it should
   */
  async tokens(): Promise<{ accessToken: string; accountId: string | null } | null> {
    const accessToken = (await this.#fresh())?.secrets.access_token.value ?? null;
    return accessToken === null ? null : { accessToken, accountId: accountOfToken(accessToken) };
  }

  /** @throws AgentServerError `unavailable` when the issuer does not answer as it should. */
  async start(): Promise<DeviceStartResponse> {
    await this.#options.claim?.(DEVICE_LOGINS_ID);
    const code = await this.#options.issuer.requestDeviceCode();
    const { token: opaque, expiresAt } = this.#logins.add(code);
    return {
      device_code: opaque,
      user_code: code.userCode,
      verification_uri: code.verificationUrl,
      verification_uri_complete: null,
      expires_at: expiresAt,
      interval_seconds: code.interval,
    };
  }

  /**
   * Asks whether a user has confirmed a sign-in, and keeps its tokens then.
   *
   * @throws AgentServerError `not_found` for an unknown sign-in or one that is over; `unavailable` as `start` does, and
   * the sign-in goes on.
   */
  async poll(deviceCode: string): Promise<SubscriptionStatus> {
    const outcome = await this.#logins.poll(deviceCode, (code) => this.#options.issuer.pollDeviceCode(code));
    if (outcome === "unknown") {
      throw new AgentServerError("not_found", "Subscription device login not found or expired");
    }
    if (outcome === "pending" || outcome === "busy") return statusOf(null);
    return statusOf(await this.#keep(outcome.brought));
  }

  /** Forgets the tokens, and cancels sign-ins that wait. */
  async logout(): Promise<SubscriptionStatus> {
    this.#logins.clear();
    await this.#options.documents.update(SUBSCRIPTIONS, VENDOR, () => null);
    return statusOf(null);
  }

  async #keep({ accessToken, refreshToken, expiresIn }: IssuedTokens): Promise<StoredLogin> {
    if (refreshToken === null) {
      throw new AgentServerError("unavailable", "The issuer of ChatGPT sign-ins sent no refresh token");
    }
    const login = this.#login({ accessToken, refreshToken, expiresIn });
    await this.#options.documents.update(SUBSCRIPTIONS, VENDOR, () => login);
    return login;
  }

  /** The sign-in with a token that is valid for a while; null without one. Callers at one moment share a renewal. */
  async #fresh(): Promise<StoredLogin | null> {
    const login = await this.#stored();
    if (login === null || !this.#isOver(login)) return login;
    this.#refreshing ??= this.#refresh(login).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #stored(): Promise<StoredLogin | null> {
    return (await this.#options.documents.read(SUBSCRIPTIONS, VENDOR))?.value ?? null;
  }

  async #refresh(login: StoredLogin): Promise<StoredLogin | null> {
    const former = login.secrets.refresh_token.value;
    if (former === null) return null;
    const tokens = await this.#options.issuer.refresh(former);
    const renewed = this.#login({ ...tokens, refreshToken: tokens.refreshToken ?? former });
    return this.#options.documents.update(SUBSCRIPTIONS, VENDOR, (current) => {
      // The user has signed out or in again meanwhile.
      const isSame = current?.value?.secrets.refresh_token.value === former;
      return isSame ? renewed : (current?.value ?? null);
    });
  }

  #login({ accessToken, refreshToken, expiresIn }: IssuedTokens & { refreshToken: string }): StoredLogin {
    const secret = (value: string) => ({ kind: "StaticSecret", value }) as const;
    return {
      vendor: VENDOR,
      expires_at: this.#options.clock.now() + Math.floor(expiresIn * 1_000),
      secrets: { access_token: secret(accessToken), refresh_token: secret(refreshToken) },
    };
  }

  #isOver({ expires_at: end }: StoredLogin): boolean {
    return end < this.#options.clock.now() + SKEW;
  }
}

function statusOf(login: StoredLogin | null): SubscriptionStatus {
  const isConnected = login !== null && login.secrets.access_token.value !== null;
  return {
    vendor: VENDOR,
    connected: isConnected,
    account_email: null,
    expires_at: isConnected ? login.expires_at : null,
  };
}
