import { AgentServerError, messageOf } from "../errors.ts";
import { isObject } from "../is-object.ts";
import type { ServerOptions } from "../server/options.ts";
import { type ClusterSettings, clusterSettings } from "./cluster-settings.ts";
import { keyRefreshFrom } from "./key-refresh.ts";
import { type Environment, settingFromEnvironment } from "./parse-environment.ts";
import { isSettingName, SETTINGS, type SettingName, type Settings } from "./reference-settings.ts";
import { type TelemetrySettings, telemetrySettings } from "./telemetry-settings.ts";
import { toOptions } from "./to-options.ts";
import { unknownKeys, unknownVariables } from "./unknown-settings.ts";

/** Sources of the configuration. */
export interface ConfigurationSources {
  /** Variables, for example `process.env`. */
  environment: Environment;
  /** Text of a config file, and its path for error texts. Default: no file. */
  file?: { path: string; text: string };
}

/** Options of a server, read from the reference's settings. */
export interface Configuration {
  /** Options for `createServer`. */
  options: ServerOptions;
  /**
   * What the settings say of a cluster. `options` has it if it is wanted and complete: without an address, `cluster` is
   * absent there.
   */
  cluster: ClusterSettings;
  /** Figures and traces as the settings say. `options` has none of them: they need packages. */
  telemetry: TelemetrySettings;
  /** Notes for the operator, one sentence each. */
  warnings: string[];
}

/**
 * Reads the reference's settings. In order of precedence: `OH_*` variables, the JSON in `OH`, the config file,
 * `SESSION_API_KEY`. Unknown settings become warnings.
 *
 * @throws AgentServerError `bad_request` for an invalid value. Its text names the source and what was expected.
 *
 * @example
 * ```ts
 * const { options, warnings } = loadConfiguration({ environment: process.env });
 * const server = createServer(options);
 * ```
 */
export function loadConfiguration({ environment, file }: ConfigurationSources): Configuration {
  const raw: Record<string, unknown> = {
    ...(file ? objectFrom(file.text, file.path) : {}),
    ...(environment.OH === undefined ? {} : objectFrom(environment.OH, "OH")),
  };
  const warnings = [...unknownKeys(Object.keys(raw)), ...unknownVariables(Object.keys(environment))];
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const value = settingFromEnvironment(name, environment);
    if (value !== undefined) raw[name] = value;
  }
  const keyRefresh = keyRefreshFrom(environment, warnings);
  const settings = validate(raw);
  const options = { ...toOptions(settings, environment), ...(keyRefresh && { keyRefresh }) };
  if (options.secretKey === undefined && settings.previous_secret_keys?.length) {
    warnings.push("previous_secret_keys: without a secret key, this setting has no effect");
  }
  return {
    ...{ options, warnings },
    cluster: clusterSettings(settings),
    telemetry: telemetrySettings(settings),
  };
}

function objectFrom(text: string, origin: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentServerError("bad_request", `${origin}: not valid JSON (${messageOf(error)})`);
  }
  if (isObject(value)) return value;
  throw new AgentServerError("bad_request", `${origin}: expected a JSON object`);
}

function validate(raw: Record<string, unknown>): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!isSettingName(name)) continue;
    const result = SETTINGS[name].schema.safeParse(value);
    if (!result.success) {
      throw new AgentServerError(
        "bad_request",
        `${name}: ${result.error.issues[0]?.message ?? "invalid value"}`,
      );
    }
    settings[name] = result.data;
  }
  return settings;
}
