import { readFile } from "node:fs/promises";
import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { AgentServerError, messageOf } from "../errors.ts";

const DEFAULT_CONFIG_PATH = "workspace/openhands_agent_server_config.json";

/** Reads the configuration from the environment of this process and from the config file it names. */
export async function readConfiguration(): Promise<Configuration> {
  const { env: environment } = process;
  const path = environment.OPENHANDS_AGENT_SERVER_CONFIG_PATH ?? DEFAULT_CONFIG_PATH;
  try {
    const text = await readFile(path, "utf8");
    return loadConfiguration({ environment, file: { path, text } });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return loadConfiguration({ environment });
    if (AgentServerError.is(error)) throw error;
    throw new AgentServerError("bad_request", `${path}: cannot be read (${messageOf(error)})`);
  }
}
