import { styleText } from "node:util";
import { allCommands, COMMANDS, COMMON_OPTIONS, type CommandName } from "./command-table.ts";
import type { CommandSpec, OptionSpec } from "./option-spec.ts";

/** Columns of a terminal that is not wide. */
const WIDTH = 80;
/** Columns for names, before what is said of them. */
const NAMES = 24;

const EXIT_CODES = "0 done, 1 failed, 2 wrong usage, 130 stopped by a second Ctrl-C";

type Line = readonly [name: string, about: string];

/** The first page of the help: every command, and the options that most starts need. */
export function mainHelp(): string {
  return [
    "agent-server: the server behind coding agents",
    "",
    "  agent-server [COMMAND] [OPTIONS]",
    ...groups().flatMap(([group, lines]) => ["", heading(group), ...table(lines)]),
    "",
    heading("Options of serve that are used most"),
    ...table(briefOptions()),
    "",
    ...table([
      ["COMMAND --help", "all options of a command, and what it needs"],
      ["--version", COMMON_OPTIONS.version.about],
    ]),
    "",
    ...wrapped(`Exit codes: ${EXIT_CODES}.`),
    "",
  ].join("\n");
}

/** The help of one command: what it does, and all of its options. */
export function commandHelp(name: CommandName): string {
  const { summary, operands, details = [], options }: CommandSpec = COMMANDS[name];
  const shown = Object.entries<OptionSpec>(options).filter(([, { hidden }]) => hidden !== true);
  const all: [string, OptionSpec][] = [...shown, ["help", COMMON_OPTIONS.help]];
  const sections = Map.groupBy(all, ([, { section = "Options" }]) => section);
  return [
    `agent-server ${[name, operands].join(" ").trim()} [OPTIONS]`,
    "",
    ...wrapped(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...details.flatMap((paragraph) => wrapped(paragraph)),
    ...[...sections].flatMap(([section, specs]) => ["", heading(section), ...table(specs.map(optionLine))]),
    "",
  ].join("\n");
}

function groups(): [group: string, lines: Line[]][] {
  const grouped = Map.groupBy(allCommands(), ([, { group }]) => group);
  return [...grouped].map(([group, commands]) => [
    group,
    commands.map(([name, { operands, summary }]) => [`${name} ${operands}`.trim(), summary]),
  ]);
}

function briefOptions(): Line[] {
  const options: [string, OptionSpec][] = Object.entries(COMMANDS.serve.options);
  return options.flatMap(([name, spec]) =>
    spec.brief === undefined ? [] : [[optionLine([name, spec])[0], spec.brief]],
  );
}

function optionLine([name, { value, about }]: [string, OptionSpec]): Line {
  return [value === undefined ? `--${name}` : `--${name} ${value}`, about];
}

/** Lines of two columns. A name that is too long for its column has a line to itself. */
function table(lines: readonly Line[]): string[] {
  return lines.flatMap(([name, about]) => {
    const [first = "", ...rest] = wrapped(about, NAMES);
    const label = `  ${name}`;
    const start = label.length < NAMES ? [label.padEnd(NAMES) + first.trimStart()] : [label, first];
    return [...start, ...rest];
  });
}

/** Breaks a text between its words, each line with `indent` spaces before it. */
function wrapped(text: string, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent + longer.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((each) => " ".repeat(indent) + each);
}

/** Bold on a terminal, unless NO_COLOR is set. */
function heading(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}
