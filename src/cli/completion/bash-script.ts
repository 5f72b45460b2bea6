import { type ShownCommand, type ShownOption, shownCommands } from "./shown-commands.ts";

/** The completion of bash: a function that finds the command among the words, then offers what it takes. */
export function bashScript(): string {
  const commands = shownCommands();
  const names = commands.map(({ name }) => name);
  return `# bash completion of agent-server, also for bash 3.2, which is the one of macOS
_agent_server_offer() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done
}
_agent_server() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=serve named= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join("|")}) command=$word named=1; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case "$command" in
${commands.map((command) => wordCase(command, names)).join("\n")}
  esac
}
complete -F _agent_server agent-server
`;
}

/** One case for each option that has a value. */
function valueCases({ name, options }: ShownCommand): string[] {
  return options
    .filter(({ value }) => value !== undefined)
    .map((option) => `    "${name} --${option.name}") ${valueReply(option)} return ;;`);
}

function valueReply({ choices, path }: ShownOption): string {
  if (path !== undefined) return pathReply(path);
  return choices === undefined ? "" : reply(choices);
}

function wordCase({ name, words, takesFolders, options }: ShownCommand, names: readonly string[]): string {
  const flags = options.map((option) => `--${option.name}`);
  // Without a command, the words are the names of all commands and the options of a server.
  const other = name === "serve" ? `[[ -n $named ]] || ${reply(names)}` : reply(words);
  return `    ${name})
      if [[ $current == -* ]]; then ${reply(flags)}
      else ${takesFolders ? pathReply("folder") : other} fi ;;`;
}

function pathReply(path: "file" | "folder"): string {
  const flag = path === "folder" ? "-d" : "-f";
  return `compopt -o filenames 2>/dev/null; _agent_server_offer < <(compgen ${flag} -- "$current");`;
}

function reply(words: readonly string[]): string {
  return `_agent_server_offer < <(compgen -W '${words.join(" ")}' -- "$current");`;
}
