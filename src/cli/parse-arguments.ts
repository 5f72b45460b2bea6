import { parseArgs } from "node:util";
import { AgentServerError, messageOf } from "../errors.ts";

export const USAGE = `agent-server: the server behind coding agents

  agent-server [options]         serve conversations over HTTP and WebSocket
  agent-server demo [options]    run one conversation with the built-in demo model and print its events

Options of the server
  --host HOST    address to bind; 127.0.0.1 without session keys, 0.0.0.0 with them
  --port PORT    port to bind; 8000, and 0 takes any free one
  --dangerously-allow-unauthenticated
                 bind beyond this machine without a key: whoever reaches the port can run commands here

Options of the demo
  --workspace DIR    folder the agent works in; a new temporary one when left out

  --help, --version

Settings come from OH_* variables, SESSION_API_KEY and a JSON config file
(OPENHANDS_AGENT_SERVER_CONFIG_PATH, else workspace/openhands_agent_server_config.json).
`;

/** Flags of the reference that mean nothing here; its launch scripts must still work. */
const IGNORED = ["reload", "check-browser", "import-modules", "extra-python-path"] as const;

export type Command =
  | { name: "help" | "version" }
  | { name: "demo"; workspace: string | undefined }
  | {
      name: "serve";
      host: string | undefined;
      port: number;
      dangerouslyAllowUnauthenticated: boolean;
      warnings: string[];
    };

/** Throws an error that says what was wrong and names `--help`. */
export function parseArguments(args: string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  const [command, ...rest] = positionals;
  if (rest.length > 0 || (command !== undefined && command !== "demo")) {
    throw usageError(`unknown command: ${positionals.join(" ")}`);
  }
  if (command === "demo") return { name: "demo", workspace: values.workspace };
  return {
    name: "serve",
    host: values.host,
    port: parsePort(values.port),
    dangerouslyAllowUnauthenticated: values["dangerously-allow-unauthenticated"] ?? false,
    warnings: IGNORED.filter((flag) => values[flag] !== undefined).map(
      (flag) => `--${flag}: has no effect here`,
    ),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
        host: { type: "string" },
        port: { type: "string" },
        "dangerously-allow-unauthenticated": { type: "boolean" },
        workspace: { type: "string" },
        reload: { type: "boolean" },
        "check-browser": { type: "boolean" },
        "import-modules": { type: "string" },
        "extra-python-path": { type: "string" },
      },
    });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return 8000;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw usageError(`--port: expected a number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function usageError(message: string): AgentServerError {
  return new AgentServerError("bad_request", `${message}\nTry agent-server --help.`);
}
