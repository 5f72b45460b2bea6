import { isObject } from "../is-object.ts";
import { isSecretName } from "./secret-names.ts";

/** The place of a secret, which decides what an absent secret looks like. */
export type SecretPlace =
  /** A named field, null when absent. */
  | "field"
  /** An entry of a map, or a field that is left out when absent. */
  | "entry"
  /** A string under `secrets`, in place of a source. */
  | "bare"
  /** The password in an address, which stays as it is when it would be left out. */
  | "url";

/** Returns what takes the place of a secret; undefined leaves its key out. `path` is a JSON pointer. */
export type ReplaceSecret = (secret: string, at: { path: string; place: SecretPlace }) => unknown;

/** Levels of nesting that are searched. No known document has as many. */
const MAX_DEPTH = 64;

/** Fields of models, agents, critics, analyzers and provider connections. */
const FIELDS: ReadonlySet<string> = new Set([
  "acp_resume_session_id",
  "api_key",
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "critic_api_key",
]);

/**
 * Models by the names of their profiles, which may be those of any field. Of the parameters of a tool, only these do
 * not belong to the tool. The reference shows the others, too.
 */
const MODELS = "meta_profile_llms";

/** Fields whose content belongs to providers and clients. The reference shows it too. */
const OPAQUE: ReadonlySet<string> = new Set([
  "extra_headers",
  "litellm_extra_body",
  "agent_state",
  "client_tools",
  "misc_settings",
  "observability_metadata",
  "stats",
  "tags",
]);

/** Fields that hold MCP servers by name. */
export const MCP_CONFIGS: ReadonlySet<string> = new Set(["mcp_config", "mcp_tools", "mcpServers"]);
const AUTH_FIELDS: ReadonlySet<string> = new Set([
  "value",
  "password",
  "client_secret",
  "access_token",
  "refresh_token",
]);

/** An address with a password, in three parts. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:)([^/?#@]+)(@.*)$/is;

/** The password in an address; undefined without one. */
export function passwordIn(url: string): string | undefined {
  return PASSWORD.exec(url)?.[2];
}

/**
 * Applies `replace` to every secret text in a value: those of agents and models, MCP servers, secret sources, and of
 * anything that contains them, such as request bodies and conversation state. Copies only the objects on the way to a
 * change. Fields of models that are named in `hidden` are left out.
 */
export function mapSecrets<T>(value: T, replace: ReplaceSecret, hidden: ReadonlySet<string> = NONE): T {
  return new SecretWalk(replace, hidden).any(value, "") as T;
}

const NONE: ReadonlySet<string> = new Set();

type Fields = Record<string, unknown>;

class SecretWalk {
  readonly #replace: ReplaceSecret;
  readonly #hidden: ReadonlySet<string>;

  constructor(replace: ReplaceSecret, hidden: ReadonlySet<string>) {
    this.#replace = replace;
    this.#hidden = hidden;
  }

  any(value: unknown, path: string, depth = 0): unknown {
    if (depth > MAX_DEPTH) return value;
    if (Array.isArray(value))
      return mapArray(value, (item, index) => this.any(item, `${path}/${index}`, depth + 1));
    if (!isObject(value)) return value;
    if (value.kind === "StaticSecret") return this.#texts(value, path, { names: (name) => name === "value" });
    if (value.kind === "LookupSecret") return this.#lookup(value, path);
    return mapFields(value, (child, key) =>
      this.#child(child, key, { path: at(path, key), depth: depth + 1 }),
    );
  }

  #child(child: unknown, key: string, { path, depth }: { path: string; depth: number }): unknown {
    if (OPAQUE.has(key)) return child;
    if (this.#hidden.has(key)) return undefined;
    if (key === "params") return this.#params(child, path, depth);
    if (typeof child === "string")
      return FIELDS.has(key) ? this.#replace(child, { path, place: "field" }) : child;
    if (!isObject(child)) return this.any(child, path, depth);
    if (key === MODELS) return this.#models(child, path, depth);
    if (MCP_CONFIGS.has(key)) return this.#servers(child, path);
    if (key === "secrets" || key === "secret_sources") return this.#named(child, path);
    if (key === "custom_secrets") return this.#customSecrets(child, path);
    return this.any(child, path, depth);
  }

  #params(params: unknown, path: string, depth: number): unknown {
    if (!isObject(params)) return params;
    return mapFields(params, (child, key) =>
      key === MODELS && isObject(child) ? this.#models(child, at(path, key), depth + 1) : child,
    );
  }

  #models(models: Fields, path: string, depth: number): unknown {
    return mapFields(models, (model, name) => this.any(model, at(path, name), depth + 1));
  }

  /** Secrets by name: strings, or sources whose kind may be left out. */
  #named(secrets: Fields, path: string): unknown {
    return mapFields(secrets, (source, name) => {
      const place = at(path, name);
      if (typeof source === "string") return this.#replace(source, { path: place, place: "bare" });
      if (!isObject(source)) return source;
      return source.kind === "LookupSecret"
        ? this.#lookup(source, place)
        : this.#texts(source, place, { names: (field) => field === "value" });
    });
  }

  #customSecrets(secrets: Fields, path: string): unknown {
    return mapFields(secrets, (secret, name) =>
      this.#texts(secret, at(path, name), { names: (field) => field === "secret" }),
    );
  }

  #lookup(source: Fields, path: string): unknown {
    return mapFields(source, (child, key) =>
      key === "headers" ? this.#texts(child, at(path, key), { names: isSecretName, place: "entry" }) : child,
    );
  }

  #servers(config: Fields, path: string): unknown {
    return mapFields(config, (child, key) => {
      if (!isObject(child)) return child;
      const isWrapper = key === "mcpServers" && !isServer(child);
      return isWrapper ? this.#servers(child, at(path, key)) : this.#server(child, at(path, key));
    });
  }

  #server(server: Fields, path: string): unknown {
    return mapFields(server, (child, key) => {
      if (key === "env" || key === "headers") return this.#texts(child, at(path, key), { place: "entry" });
      if (key === "url" && typeof child === "string") return this.#address(child, at(path, key));
      return key === "auth" ? this.#auth(child, at(path, key)) : child;
    });
  }

  #address(url: string, path: string): string {
    const [, before = "", password = "", after = ""] = PASSWORD.exec(url) ?? [];
    if (password === "") return url;
    const replaced = this.#replace(password, { path, place: "url" });
    return typeof replaced === "string" ? before + replaced + after : url;
  }

  /** A strategy with its secrets, or a token alone, as other programs write it. */
  #auth(auth: unknown, path: string, depth = 0): unknown {
    if (typeof auth === "string" && depth === 0 && auth !== "oauth")
      return this.#replace(auth, { path, place: "entry" });
    if (!isObject(auth) || depth > MAX_DEPTH) return auth;
    return mapFields(auth, (child, key) => {
      const place = at(path, key);
      if (key === "headers") return this.#texts(child, place, { place: "entry" });
      if (typeof child === "string" && AUTH_FIELDS.has(key))
        return this.#replace(child, { path: place, place: "entry" });
      return this.#auth(child, place, depth + 1);
    });
  }

  /** The texts of one object whose names fit. */
  #texts(
    value: unknown,
    path: string,
    { names = () => true, place = "field" }: { names?: (name: string) => boolean; place?: SecretPlace },
  ): unknown {
    if (!isObject(value)) return value;
    return mapFields(value, (child, key) =>
      typeof child === "string" && names(key) ? this.#replace(child, { path: at(path, key), place }) : child,
    );
  }
}

/** Tells a server that has the name of the wrapper from the wrapper, whose fields are servers. */
function isServer({ command, url }: Fields): boolean {
  return typeof command === "string" || typeof url === "string";
}

function at(path: string, key: string): string {
  return `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function mapFields(fields: Fields, map: (child: unknown, key: string) => unknown): Fields {
  let changed = false;
  const entries: [string, unknown][] = [];
  for (const [key, child] of Object.entries(fields)) {
    const mapped = map(child, key);
    if (mapped !== child) changed = true;
    if (mapped !== undefined || child === undefined) entries.push([key, mapped]);
  }
  // Made from entries, a key named __proto__ is a key like any other.
  return changed ? Object.fromEntries(entries) : fields;
}

function mapArray(items: unknown[], map: (item: unknown, index: number) => unknown): unknown[] {
  const mapped = items.map(map);
  return mapped.some((item, index) => item !== items[index]) ? mapped : items;
}
