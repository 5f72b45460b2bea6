import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { messageOf } from "../../errors.ts";
import { allCommands, COMMANDS, COMMON_OPTIONS, type CommandName, type Values } from "./command-table.ts";
import { nearest } from "./nearest.ts";
import type { CommandSpec, OptionSpecs } from "./option-spec.ts";
import { UsageError } from "./usage-error.ts";

/** The arguments of the command, read but not judged: options may be those of another command. */
export interface ReadArguments {
  values: Values;
  positionals: string[];
}

/**
 * Reads options and operands.
 *
 * @throws UsageError for an option that no command has, with the one that was probably meant, and for a value that is
 * missing
 */
export function readValues(args: string[]): ReadArguments {
  const options = allOptions();
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "option" && !Object.hasOwn(options, token.name)) throw unknownOption(token.rawName);
  }
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** An option of another command would be without effect. */
export function refuseOptionsOfOthers(command: CommandName, values: Values): void {
  const { options }: CommandSpec = COMMANDS[command];
  const given = Object.keys(values).find((name) => !Object.hasOwn(options, name));
  if (given === undefined) return;
  const owners = allCommands().filter(([, spec]) => Object.hasOwn(spec.options, given));
  const names = new Intl.ListFormat("en-GB").format(owners.map(([name]) => nameOf(name)));
  throw new UsageError(`--${given}: not a flag of ${nameOf(command)}, but of ${names}`, command);
}

export function unknownCommand(word: string): UsageError {
  const names = allCommands().map(([name]) => name);
  return new UsageError(`unknown command: ${word}${suggestion(nearest(word, names))}`);
}

function unknownOption(option: string): UsageError {
  if (option === "--key") {
    return new UsageError(
      "--key: every program can read a command line; set OH_SESSION_API_KEYS_0, or use --key-file",
    );
  }
  const near = nearest(option.replace(/^-+/, ""), Object.keys(allOptions()));
  return new UsageError(`unknown option: ${option}${suggestion(near && `--${near}`)}`);
}

function suggestion(near: string | undefined): string {
  return near === undefined ? "" : `. Did you mean ${near}?`;
}

function nameOf(command: CommandName): string {
  return command === "serve" ? "the server" : command;
}

/** The options of all commands: an option has the same type in each of them. */
function allOptions(): ParseArgsOptionsConfig {
  const specs: OptionSpecs = Object.assign(
    {},
    COMMON_OPTIONS,
    ...allCommands().map(([, { options }]) => options),
  );
  const options: ParseArgsOptionsConfig = {};
  for (const [name, { value, multiple = false }] of Object.entries(specs)) {
    options[name] = { type: value === undefined ? "boolean" : "string", multiple };
  }
  for (const [name, short] of [
    ["help", "h"],
    ["version", "v"],
  ] as const) {
    options[name] = { type: "boolean", short };
  }
  return options;
}
