import { parseArgs } from "node:util";
import { AgentServerError, messageOf } from "../errors.ts";
import { CANVAS_VERSION } from "../server/ui/find-canvas.ts";
import { isUuid, toDashed } from "../wire/ids.ts";

export const USAGE = `agent-server: the server behind coding agents

  agent-server [options]         serve conversations over HTTP and WebSocket
  agent-server demo [options]    run one conversation with the built-in demo model and print its events
  agent-server mock-llm --script FILE [--port PORT]
                                 serve a scripted model that speaks OpenAI's and Anthropic's protocols, for tests
  agent-server import DIR [DIR …] [--data DIR]
                                 import what an OpenHands agent server keeps: conversations, settings, secrets, profiles
  agent-server export ID [--to DIR] [--data DIR]
                                 write a stored conversation as a folder that an OpenHands agent server opens
  agent-server export ID --fixture [--data DIR]
                                 print it as a fixture that tests can replay
  agent-server ui install [VERSION]
                                 get the pages of Agent Canvas, which --ui serves
  agent-server reseal [--data DIR] [--forget-unreadable]
                                 encrypt every stored secret with OH_SECRET_KEY, reading with OH_PREVIOUS_SECRET_KEYS too

Options of the server
  --host HOST    address to bind; 127.0.0.1 without session keys, 0.0.0.0 with them
  --port PORT    port to bind; 8000, and 0 takes any free one
  --dangerously-allow-unauthenticated
                 bind beyond this machine without a key: anyone who reaches the port can run commands here

  --cluster      serve one store together with other servers, behind any balancer; all need the same OH_SECRET_KEY
  --address URL  where the other servers reach this one; default: http://HOST:PORT. Implies --cluster

  --ui           serve Agent Canvas, the web app, on the same port
  --ui-dir DIR   folder of its build; default: the installed one. Implies --ui
  --open         open it in the browser. Implies --ui

  --sandbox      run commands and file tools in bubblewrap: without the server's files, processes and network
  --sandbox-root DIR
                 folder that working folders lie in; default: workspace/projects
  --sandbox-network none|host
                 the network inside; default: none

  --container IMAGE
                 run commands and file tools in containers of this image, one for each conversation
  --container-engine podman|docker
                 the program that makes them; default: podman
  --container-root DIR, --container-network NAME
                 as for the sandbox; another network of the engine than none and host is allowed, too
  --container-argument ARGUMENT
                 an argument of the engine's run, such as --container-argument=--runtime=runc; may be repeated

Options of the demo
  --workspace DIR    folder the agent works in; default: a new temporary one

Options of mock-llm, import, export and reseal
  --script FILE      JSON list of steps, such as ["Hello", {"call": "terminal", "arguments": {"command": "ls"}}]
  --port PORT        port of the scripted model; default: any free one
  --data DIR         folder of the conversations; default: OH_CONVERSATIONS_PATH
  --to DIR           folder that the exported one is made in; default: here
  --forget-unreadable
                     drop the secrets that none of the keys opens; without it they stay as they are

  --check-browser
                 only try out whether agents can have a browser on this machine

  --help, --version

Settings come from OH_* variables, SESSION_API_KEY and a JSON config file
(OPENHANDS_AGENT_SERVER_CONFIG_PATH, else workspace/openhands_agent_server_config.json).
`;

/** Flags of the reference without an effect here. They are accepted, so that its launch scripts work. */
const IGNORED = ["reload", "import-modules", "extra-python-path"] as const;

/** Flags of the commands, and of the server, which has none. */
const FLAGS: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  [
    undefined,
    [
      ...["host", "port", "dangerously-allow-unauthenticated", "cluster", "address", "ui", "ui-dir", "open"],
      ...["sandbox", "sandbox-root", "sandbox-network"],
      ...["container", "container-engine", "container-root", "container-network", "container-argument"],
      "check-browser",
      ...IGNORED,
    ],
  ],
  ["demo", ["workspace"]],
  ["mock-llm", ["script", "port"]],
  ["export", ["fixture", "data", "to"]],
  ["ui", []],
  ["reseal", ["data", "forget-unreadable"]],
]);

export type Command =
  | { name: "help" | "version" }
  | { name: "demo"; workspace: string | undefined }
  | { name: "mock-llm"; script: string; port: number }
  | { name: "export-fixture"; id: string; data: string | undefined }
  | { name: "export"; id: string; to: string; data: string | undefined }
  | { name: "import"; folders: string[]; data: string | undefined }
  | { name: "check-browser" }
  | { name: "ui-install"; version: string }
  | { name: "reseal"; data: string | undefined; forgetUnreadable: boolean }
  | {
      name: "serve";
      host: string | undefined;
      port: number;
      dangerouslyAllowUnauthenticated: boolean;
      /** null: a server alone, unless the configuration says otherwise. */
      cluster: ClusterArguments | null;
      /** null: no pages for browsers but the documentation. */
      ui: UiArguments | null;
      /** null: commands run as the user of the server, without confinement. */
      sandbox: SandboxArguments | null;
      /** null: no containers. */
      container: ContainerArguments | null;
      warnings: string[];
    };

/** Flags of a server among others. */
export interface ClusterArguments {
  address: string | undefined;
}

/** Flags of the web app. */
export interface UiArguments {
  directory: string | undefined;
  open: boolean;
}

/** Flags of the sandbox. */
export interface SandboxArguments {
  root: string | undefined;
  network: "none" | "host";
}

/** Flags of containers. */
export interface ContainerArguments {
  image: string;
  engine: "podman" | "docker";
  root: string | undefined;
  network: string;
  engineArguments: readonly string[];
}

/** Parses the arguments of the command. Throws an error that names the fault and `--help`. */
export function parseArguments(args: string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  const [command, ...rest] = positionals;
  refuseFlagsOfOthers(command, values);
  if (command === "export") return parseExport(rest, values);
  if (command === "import") return parseImport(rest, values);
  if (command === "ui") return parseUiCommand(rest);
  if (rest.length > 0) throw usageError(`unknown command: ${positionals.join(" ")}`);
  if (command === "demo") return { name: "demo", workspace: values.workspace };
  if (command === "mock-llm") return parseMockLlm(values);
  if (command === "reseal") {
    return { name: "reseal", data: values.data, forgetUnreadable: values["forget-unreadable"] ?? false };
  }
  if (command !== undefined) throw usageError(`unknown command: ${command}`);
  if (values["check-browser"]) return { name: "check-browser" };
  return {
    name: "serve",
    host: values.host,
    port: parsePort(values.port ?? "8000"),
    dangerouslyAllowUnauthenticated: values["dangerously-allow-unauthenticated"] ?? false,
    cluster: parseCluster(values),
    ui: parseUi(values),
    sandbox: parseSandbox(values),
    container: parseContainer(values),
    warnings: IGNORED.filter((flag) => values[flag] !== undefined).map(
      (flag) => `--${flag}: this flag has no effect`,
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
        cluster: { type: "boolean" },
        address: { type: "string" },
        ui: { type: "boolean" },
        "ui-dir": { type: "string" },
        open: { type: "boolean" },
        sandbox: { type: "boolean" },
        "sandbox-root": { type: "string" },
        "sandbox-network": { type: "string" },
        container: { type: "string" },
        "container-engine": { type: "string" },
        "container-root": { type: "string" },
        "container-network": { type: "string" },
        "container-argument": { type: "string", multiple: true },
        workspace: { type: "string" },
        script: { type: "string" },
        fixture: { type: "boolean" },
        to: { type: "string" },
        data: { type: "string" },
        "forget-unreadable": { type: "boolean" },
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

type Values = ReturnType<typeof parse>["values"];

/** A flag of another command would be without effect. Unknown commands are refused by name. */
function refuseFlagsOfOthers(command: string | undefined, values: Values): void {
  const allowed = FLAGS.get(command);
  const flag = Object.keys(values).find((name) => allowed !== undefined && !allowed.includes(name));
  if (flag === undefined) return;
  const owners = [...FLAGS].filter(([, flags]) => flags.includes(flag)).map(([name]) => nameOf(name));
  throw usageError(`--${flag}: not a flag of ${nameOf(command)}, but of ${owners.join(" and ")}`);
}

function nameOf(command: string | undefined): string {
  return command ?? "the server";
}

function parseCluster({ cluster = false, address }: Values): ClusterArguments | null {
  return cluster || address !== undefined ? { address } : null;
}

function parseUi({ ui = false, "ui-dir": directory, open = false }: Values): UiArguments | null {
  return ui || open || directory !== undefined ? { directory, open } : null;
}

function parseUiCommand([verb, version = CANVAS_VERSION, ...rest]: string[]): Command {
  if (verb !== "install" || rest.length > 0) throw usageError("ui: expected `ui install [VERSION]`");
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw usageError(
      `ui install: expected a version such as ${CANVAS_VERSION}, got ${JSON.stringify(version)}`,
    );
  }
  return { name: "ui-install", version };
}

function parseSandbox(values: Values): SandboxArguments | null {
  const { sandbox = false, "sandbox-root": root, "sandbox-network": network = "none" } = values;
  if (!sandbox && (root !== undefined || values["sandbox-network"] !== undefined)) {
    throw usageError("--sandbox-root and --sandbox-network need --sandbox");
  }
  if (network !== "none" && network !== "host") {
    throw usageError(`--sandbox-network: expected none or host, got ${JSON.stringify(network)}`);
  }
  return sandbox ? { root, network } : null;
}

function parseContainer(values: Values): ContainerArguments | null {
  const { container: image, "container-engine": engine = "podman", "container-root": root } = values;
  if (image === undefined) {
    const [flag] = Object.keys(values).filter((name) => name.startsWith("container-"));
    if (flag !== undefined) throw usageError(`--${flag} needs --container`);
    return null;
  }
  if (values.sandbox) throw usageError("--sandbox and --container: only one of them is possible");
  if (engine !== "podman" && engine !== "docker") {
    throw usageError(`--container-engine: expected podman or docker, got ${JSON.stringify(engine)}`);
  }
  const { "container-network": network = "none", "container-argument": engineArguments = [] } = values;
  return { image, engine, root, network, engineArguments };
}

function parseMockLlm({ script, port = "0" }: Values): Command {
  if (script === undefined) throw usageError("mock-llm: --script FILE is missing");
  return { name: "mock-llm", script, port: parsePort(port) };
}

function parseExport([id, ...rest]: string[], { fixture, to, data }: Values): Command {
  if (id === undefined || rest.length > 0) throw usageError("export: expected the id of one conversation");
  if (!isUuid(id)) throw usageError(`export: expected the UUID of a conversation, got ${JSON.stringify(id)}`);
  if (!fixture) return { name: "export", id: toDashed(id), to: to ?? ".", data };
  if (to !== undefined) throw usageError("export: --fixture is printed, so --to has no effect");
  return { name: "export-fixture", id: toDashed(id), data };
}

function parseImport(folders: string[], { data }: Values): Command {
  if (folders.length === 0) throw usageError("import: expected a folder with the data of an agent server");
  return { name: "import", folders, data };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw usageError(`--port: expected a number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function usageError(message: string): AgentServerError {
  return new AgentServerError("bad_request", `${message}\nTry agent-server --help.`);
}
