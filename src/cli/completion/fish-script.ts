import { type ShownCommand, type ShownOption, shownCommands } from "./shown-commands.ts";

/** The completion of fish. */
export function fishScript(): string {
  const commands = shownCommands();
  return [
    "# fish completion of agent-server",
    "complete -c agent-server -f",
    ...commands.map(
      ({ name, summary }) =>
        `complete -c agent-server -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap((command) => commandLines(command, commands)),
    "",
  ].join("\n");
}

function commandLines(
  { name, words, takesFolders, options }: ShownCommand,
  all: readonly ShownCommand[],
): string[] {
  const others = all.map((other) => other.name).filter((other) => other !== "serve");
  const condition =
    name === "serve"
      ? `not __fish_seen_subcommand_from ${others.join(" ")}`
      : `__fish_seen_subcommand_from ${name}`;
  const start = `complete -c agent-server -n ${quoted(condition)}`;
  return [
    ...(words.length > 0 ? [`${start} -a ${quoted(words.join(" "))}`] : []),
    ...(takesFolders ? [`${start} -a '(__fish_complete_directories)'`] : []),
    ...options.map((option) => `${start} -l ${option.name}${argumentOf(option)} -d ${quoted(option.about)}`),
  ];
}

function argumentOf({ value, choices, path }: ShownOption): string {
  if (value === undefined) return "";
  if (path === "folder") return " -x -a '(__fish_complete_directories)'";
  if (path === "file") return " -r -F";
  return choices === undefined ? " -x" : ` -x -a ${quoted(choices.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
