import { CANVAS_VERSION } from "../server/ui/find-canvas.ts";
import { isUuid, toDashed } from "../wire/ids.ts";
import { type CommandName, isCommandName, type Values } from "./arguments/command-table.ts";
import { parseCluster } from "./arguments/parse-cluster.ts";
import { type KeysArguments, parseKeys } from "./arguments/parse-keys.ts";
import { parseLimits } from "./arguments/parse-limits.ts";
import { type DataArguments, parseData, parseStore } from "./arguments/parse-store.ts";
import { parseTelemetry } from "./arguments/parse-telemetry.ts";
import { parseWorkplace } from "./arguments/parse-workplace.ts";
import { readValues, refuseOptionsOfOthers, unknownCommand } from "./arguments/read-values.ts";
import { IGNORED } from "./arguments/serve-options.ts";
import { UsageError } from "./arguments/usage-error.ts";
import type { ChatArguments } from "./chat/chat.ts";
import { isShell, type Shell } from "./completion/shells.ts";
import type { DoctorArguments } from "./doctor/doctor.ts";
import type { HealthArguments } from "./doctor/health.ts";
import type { ServeArguments, UiArguments } from "./serve.ts";
import type { StoreArguments } from "./store/command-store.ts";

export type Command =
  | { name: "version" }
  /** null: the first page. */
  | { name: "help"; command: CommandName | null }
  | { name: "completion"; shell: Shell }
  | ({ name: "chat" } & ChatArguments)
  | ({ name: "doctor" } & DoctorArguments)
  | ({ name: "health" } & HealthArguments)
  | { name: "demo"; workspace: string | undefined }
  | { name: "mock-llm"; script: string; port: number }
  | ({ name: "export-fixture"; id: string } & DataArguments)
  | ({ name: "export" | "export-page"; id: string; to: string } & DataArguments)
  | ({ name: "import"; folders: string[] } & DataArguments)
  | { name: "check-browser" }
  | { name: "ui-install"; version: string }
  | ({ name: "reseal"; forgetUnreadable: boolean } & DataArguments)
  | ({ name: "keys" } & KeysArguments)
  | { name: "migrate"; store: StoreArguments; dryRun: boolean }
  | ({ name: "serve" } & ServeArguments);

/**
 * Parses the arguments of the command.
 *
 * @throws UsageError that names the fault, what was expected and where to read more
 */
export function parseArguments(args: string[]): Command {
  const { values, positionals } = readValues(args);
  const [word, ...rest] = positionals;
  if (values.version) return { name: "version" };
  if (word === "help") return helpOf(rest);
  if (word !== undefined && !isCommandName(word)) throw unknownCommand(word);
  if (values.help) return { name: "help", command: word ?? null };
  const command = word ?? "serve";
  refuseOptionsOfOthers(command, values);
  switch (command) {
    case "serve":
      refuseOperands(command, rest);
      return values["check-browser"] ? { name: "check-browser" } : parseServe(values);
    case "doctor":
      refuseOperands(command, rest);
      return { name: command, ...parseDoctor(values) };
    case "health":
      refuseOperands(command, rest);
      return { name: command, host: parseServerUrl(values, command), ready: values.ready ?? false };
    case "chat":
      return { name: command, ...parseChat(rest, values) };
    case "demo":
      refuseOperands(command, rest);
      return { name: command, workspace: values.workspace };
    case "mock-llm":
      refuseOperands(command, rest);
      return parseMockLlm(values);
    case "import":
      return parseImport(rest, values);
    case "export":
      return parseExport(rest, values);
    case "reseal":
      refuseOperands(command, rest);
      return parseReseal(values);
    case "keys":
      return { name: command, ...parseKeys(rest, values) };
    case "migrate":
      refuseOperands(command, rest);
      return parseMigrate(values);
    case "ui":
      return parseUiCommand(rest);
    case "completion":
      return parseCompletion(rest);
  }
}

/** `agent-server help COMMAND` is the same as `agent-server COMMAND --help`. */
function helpOf([word]: string[]): Command {
  if (word === undefined) return { name: "help", command: null };
  if (!isCommandName(word)) throw unknownCommand(word);
  return { name: "help", command: word };
}

function refuseOperands(command: CommandName, rest: readonly string[]): void {
  if (rest.length === 0) return;
  throw new UsageError(`${command}: expected nothing but options, got ${JSON.stringify(rest[0])}`, command);
}

function parseServe(values: Values): Command {
  return {
    name: "serve",
    host: values.host,
    port: parsePort(values.port ?? "8000", "serve"),
    dangerouslyAllowUnauthenticated: values["dangerously-allow-unauthenticated"] ?? false,
    store: parseStore(values, "serve"),
    cluster: parseCluster(values),
    ui: parseUi(values),
    inspector: values.inspector ?? false,
    ...parseWorkplace(values),
    telemetry: parseTelemetry(values),
    limits: parseLimits(values, "serve"),
    audit: values.audit ?? null,
    warnings: IGNORED.filter((flag) => values[flag] !== undefined).map(
      (flag) => `--${flag}: this flag has no effect`,
    ),
  };
}

function parseDoctor(values: Values): DoctorArguments {
  const { host, port = "8000", json = false } = values;
  return { host, port: parsePort(port, "doctor"), json, ...parseData(values, "doctor") };
}

function parseChat([id, ...rest]: string[], values: Values): ChatArguments {
  const { "key-file": keyFile, model, workspace, confirm = false } = values;
  if (rest.length > 0) throw new UsageError("chat: expected the id of at most one conversation", "chat");
  if (id !== undefined && !isUuid(id)) {
    throw new UsageError(`chat: expected the UUID of a conversation, got ${JSON.stringify(id)}`, "chat");
  }
  const host = parseServerUrl(values, "chat");
  return { id: id && toDashed(id), host, keyFile, ...{ model, workspace, confirm } };
}

/** The base URL of a server that runs already. */
function parseServerUrl({ host = "http://127.0.0.1:8000" }: Values, command: CommandName): string {
  const url = URL.parse(host);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const text = JSON.stringify(host);
    throw new UsageError(`--host: expected a URL such as http://127.0.0.1:8000, got ${text}`, command);
  }
  if (url.search || url.hash || url.username) {
    throw new UsageError("--host: expected a URL without a query, a fragment or a user", command);
  }
  return url.href;
}

function parseCompletion([shell = "", ...rest]: string[]): Command {
  if (isShell(shell) && rest.length === 0) return { name: "completion", shell };
  throw new UsageError("completion: expected one shell: bash, zsh or fish", "completion");
}

function parseReseal(values: Values): Command {
  const forgetUnreadable = values["forget-unreadable"] ?? false;
  return { name: "reseal", ...parseData(values, "reseal"), forgetUnreadable };
}

function parseMigrate(values: Values): Command {
  const store = parseStore(values, "migrate");
  if (store === null) throw new UsageError("migrate: --store URL is missing", "migrate");
  return { name: "migrate", store, dryRun: values["dry-run"] ?? false };
}

function parseUi({ ui = false, "ui-dir": directory, open = false }: Values): UiArguments | null {
  return ui || open || directory !== undefined ? { directory, open } : null;
}

function parseUiCommand([verb, version = CANVAS_VERSION, ...rest]: string[]): Command {
  if (verb !== "install" || rest.length > 0)
    throw new UsageError("ui: expected `ui install [VERSION]`", "ui");
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new UsageError(
      `ui install: expected a version such as ${CANVAS_VERSION}, got ${JSON.stringify(version)}`,
      "ui",
    );
  }
  return { name: "ui-install", version };
}

function parseMockLlm({ script, port = "0" }: Values): Command {
  if (script === undefined) throw new UsageError("mock-llm: --script FILE is missing", "mock-llm");
  return { name: "mock-llm", script, port: parsePort(port, "mock-llm") };
}

function parseExport([id, ...rest]: string[], values: Values): Command {
  const { fixture, html, to } = values;
  const place = parseData(values, "export");
  if (id === undefined || rest.length > 0)
    throw new UsageError("export: expected the id of one conversation", "export");
  if (!isUuid(id))
    throw new UsageError(`export: expected the UUID of a conversation, got ${JSON.stringify(id)}`, "export");
  if (!fixture) return { name: html ? "export-page" : "export", id: toDashed(id), to: to ?? ".", ...place };
  if (html) throw new UsageError("export: --html and --fixture: only one of them is possible", "export");
  if (to !== undefined) throw new UsageError("export: --fixture is printed, so --to has no effect", "export");
  return { name: "export-fixture", id: toDashed(id), ...place };
}

function parseImport(folders: string[], values: Values): Command {
  if (folders.length === 0)
    throw new UsageError("import: expected a folder with the data of an agent server", "import");
  return { name: "import", folders, ...parseData(values, "import") };
}

function parsePort(text: string, command: CommandName): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port: expected a number from 0 to 65535, got ${JSON.stringify(text)}`, command);
}
