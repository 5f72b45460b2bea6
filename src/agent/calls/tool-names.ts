import { shellQuote } from "../../shell-quote.ts";
import type { ToolArguments } from "./tool-arguments.ts";

export interface NamedCall {
  name: string;
  args: ToolArguments;
}

/** Names that models trained on other tool sets use for the tools of this package. */
const ALIASES: Readonly<Record<string, string>> = {
  bash: "terminal",
  command: "terminal",
  execute: "terminal",
  execute_bash: "terminal",
  git: "terminal",
  reset: "terminal",
  str_replace: "file_editor",
  str_replace_editor: "file_editor",
};

/** Aliases that are also the first word of the command. */
const PROGRAMS = new Set(["git", "reset"]);
/** Commands that are useful and harmless without arguments. */
const BARE_COMMANDS = new Set(["find", "git", "ls", "pwd"]);
const EDITOR_KEYS = ["old_str", "new_str", "insert_line", "file_text", "path", "view_range"];

/**
 * Finds the registered tool that a call means, and the arguments for it. A registered name stays as it is, and so
 * does a name that matches no tool.
 */
export function resolveToolName(call: NamedCall, has: (name: string) => boolean): NamedCall {
  return has(call.name) ? call : (byLeadingWord(call, has) ?? asCommand(call, has) ?? call);
}

/** Resolves `str_replace </parameter` or `terminal</function>`: a name with markup behind it, an alias, or both. */
function byLeadingWord(call: NamedCall, has: (name: string) => boolean): NamedCall | undefined {
  const word = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(call.name)?.[0] ?? call.name;
  if (has(word)) return { name: word, args: call.args };
  const target = Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
  if (target === undefined || !has(target)) return undefined;
  return { name: target, args: PROGRAMS.has(word) ? programArguments(word, call.args) : call.args };
}

function programArguments(program: string, args: ToolArguments): ToolArguments {
  const rest = typeof args.command === "string" ? args.command.trim() : "";
  if (rest === "") return { ...metaArguments(args), command: program };
  const hasProgram = rest.split(/\s+/, 1)[0] === program;
  return { ...metaArguments(args), command: hasProgram ? rest : `${program} ${rest}` };
}

/** Turns calls of shell programs, made as if they were tools, into terminal commands. */
function asCommand(call: NamedCall, has: (name: string) => boolean): NamedCall | undefined {
  if (!has("terminal")) return undefined;
  const meta = metaArguments(call.args);
  if (call.name === "grep") {
    const command = grepCommand(call.args);
    return command === undefined ? undefined : { name: "terminal", args: { ...meta, command } };
  }
  const isBare = Object.keys(call.args).length === Object.keys(meta).length;
  if (!isBare || !BARE_COMMANDS.has(call.name)) return undefined;
  return { name: "terminal", args: { ...meta, command: call.name } };
}

/** Builds a search command. Only the shell knows whether `rg` is installed. */
function grepCommand(args: ToolArguments): string | undefined {
  const pattern = textArgument(args.pattern);
  if (pattern === undefined) return undefined;
  const path = shellQuote(textArgument(args.path) ?? ".");
  const include = textArgument(args.include);
  const search = `-n -i -e ${shellQuote(pattern)}`;
  const rg = `rg ${search} --sortr=modified${include ? ` -g ${shellQuote(include)}` : ""} -- ${path}`;
  const grep = `grep -R -I ${search}${include ? ` --include=${shellQuote(include)}` : ""} -- ${path}`;
  return `if command -v rg >/dev/null 2>&1; then ${rg}; else ${grep}; fi`;
}

function textArgument(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function metaArguments(args: ToolArguments): ToolArguments {
  const { security_risk, summary } = args;
  return {
    ...(security_risk === undefined ? {} : { security_risk }),
    ...(summary === undefined ? {} : { summary }),
  };
}

/** Infers the missing `command` of a `file_editor` call from its other arguments. Throws TypeError when none fits. */
export function inferEditorCommand(args: ToolArguments): ToolArguments {
  if ("command" in args) return args;
  if (!EDITOR_KEYS.some((key) => key in args)) {
    throw new TypeError(
      "command is missing and cannot be inferred from the other arguments: use view with path, create with file_text, " +
        "str_replace with old_str and new_str, or insert with insert_line and new_str",
    );
  }
  const command = impliedCommand(args);
  return command === undefined ? args : { command, ...args };
}

function impliedCommand(args: ToolArguments): string | undefined {
  if ("old_str" in args) return "str_replace";
  if ("insert_line" in args) return "insert";
  if ("file_text" in args) return "create";
  if ("path" in args) return "view";
  return undefined;
}
