import { PROVIDERS, parseModelName } from "../../llm/providers.ts";
import { once } from "../../once.ts";
import { VERIFIED_MODELS } from "./verified-models.ts";

/** Variables that may hold keys of providers. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The names that clients may offer for the field `model`. */
export class LlmCatalogue {
  readonly #environment: Environment;
  readonly #models = once(() => this.#allModels());

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /**
   * Lists the prefixes of models that this server can call, sorted. The reference lists all that LiteLLM has a name
   * for, also what this server cannot call.
   */
  providers(): string[] {
    return Object.keys(PROVIDERS).sort();
  }

  /**
   * Lists models by the names of `@pydantic/genai-prices`, the list that also prices them, and the verified ones, as
   * `provider/model` or as the bare name that its maker's provider is known by. Sorted. Empty for an unknown provider.
   */
  async models(provider?: string): Promise<string[]> {
    const all = await this.#models();
    if (provider === undefined) return all;
    return all.filter((name) => parseModelName(name).provider === provider);
  }

  /** The verified models by provider, those of providers that only proxies reach among them. */
  verified(): Record<string, string[]> {
    return Object.fromEntries(Object.entries(VERIFIED_MODELS).map(([name, models]) => [name, [...models]]));
  }

  async #allModels(): Promise<string[]> {
    const { findProvider } = await import("@pydantic/genai-prices");
    const names = Object.entries(PROVIDERS).flatMap(([name, { priceId }]) => {
      const models = priceId === null ? [] : (findProvider({ providerId: priceId })?.models ?? []);
      return models.filter((model) => isCallable(model)).map(({ id }) => `${name}/${id}`);
    });
    const all = new Set([...names, ...verifiedNames()]);
    return [...all].filter((name) => !name.startsWith("bedrock/") || this.#hasAwsKey()).sort();
  }

  #hasAwsKey(): boolean {
    return PROVIDERS.bedrock?.keyVariables.some((name) => this.#environment[name]?.trim()) === true;
  }
}

/** Entries of the list that match several models. A provider does not take them as a name. */
const IS_PATTERN = /-$|^ft:|^regional\./;

interface ListedModel {
  id: string;
  deprecated?: boolean;
  prices: unknown;
}

/** Models that give no text have no price for it. */
function isCallable({ id, deprecated, prices }: ListedModel): boolean {
  if (deprecated === true || IS_PATTERN.test(id)) return false;
  const current = Array.isArray(prices) ? prices.map(({ prices: own }) => own) : [prices];
  return current.some((own) => own.input_mtok === undefined || own.output_mtok !== undefined);
}

/** Of providers that this server can call. */
function verifiedNames(): string[] {
  return Object.entries(VERIFIED_MODELS).flatMap(([provider, models]) => {
    const bare = models.filter((name) => !name.includes("/") && parseModelName(name).provider === provider);
    const prefixed = provider in PROVIDERS ? models.map((name) => `${provider}/${name}`) : [];
    return [...bare, ...prefixed];
  });
}
