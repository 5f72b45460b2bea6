import { type ShownCommand, type ShownOption, shownCommands } from "./shown-commands.ts";

/** The completion of bash: a function that finds the command among the words, then offers what it takes. */
export function bashScript(): string {
  const commands = shownCommands();
  const names = commands.map(({ name }) => name);
  return `# bash completion of agent-server
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
  if (path === "folder") return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current");';
  if (path === "file") return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current");';
  return choices === undefined ? "" : reply(choices);
}

function wordCase({ name, words, takesFolders, options }: ShownCommand, names: readonly string[]): string {
  const flags = options.map((option) => `--${option.name}`);
  // Without a command, the words are the names of all commands and the options of a server.
  const other = name === "serve" ? `[[ -n $named ]] || ${reply(names)}` : reply(words);
  const folders = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current");';
  return `    ${name})
      if [[ $current == -* ]]; then ${reply(flags)}
      else ${takesFolders ? folders : other} fi ;;`;
}

function reply(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${words.join(" ")}' -- "$current");`;
}
