import { isObject } from "../is-object.ts";
import type { ServerOptions } from "../server/options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const URL_VARIABLE = "OH_LLM_API_KEY_REFRESH_URL";
const BASE_URLS_VARIABLE = "OH_LLM_API_KEY_REFRESH_BASE_URLS";
const HEADERS_VARIABLE = "OH_LLM_API_KEY_REFRESH_HEADERS";

/** Variables that say where models get a new key. */
export const KEY_REFRESH_VARIABLES = [URL_VARIABLE, BASE_URLS_VARIABLE, HEADERS_VARIABLE] as const;

/** Reads where models get a new key; undefined where the variables do not name both the place and the models. */
export function keyRefreshFrom(environment: Environment, warnings: string[]): ServerOptions["keyRefresh"] {
  const url = environment[URL_VARIABLE];
  if (!url) return undefined;
  const baseUrls = (environment[BASE_URLS_VARIABLE] ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  if (baseUrls.length === 0) {
    warnings.push(
      `${URL_VARIABLE}: has no effect without ${BASE_URLS_VARIABLE}, which names the models' addresses`,
    );
    return undefined;
  }
  return { url, baseUrls, headers: headersFrom(environment, warnings) };
}

function headersFrom(environment: Environment, warnings: string[]): Record<string, string> {
  const text = environment[HEADERS_VARIABLE];
  if (!text) return {};
  const headers = parseJson(text);
  if (!isObject(headers)) {
    warnings.push(`${HEADERS_VARIABLE}: not a JSON object, ignored`);
    return {};
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, expand(String(value), environment)]),
  );
}

/** Replaces `$NAME` and `${NAME}` by the variable's value. Unknown names stay as they are. */
function expand(text: string, environment: Environment): string {
  return text.replace(
    /\$(?:\{([^}]*)\}|(\w+))/g,
    (whole, braced, bare) => environment[braced ?? bare] ?? whole,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
