import { type ShownCommand, type ShownOption, shownCommands } from "./shown-commands.ts";

/** The completion of zsh, for a file `_agent-server` in a folder of `fpath`. */
export function zshScript(): string {
  const commands = shownCommands();
  return `#compdef agent-server
_agent_server() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  local command=serve word
  for word in \${words[2,CURRENT-1]}; do
    if (( \${commands[(I)$word:*]} )); then command=$word; break; fi
  done
  case $command in
${commands.map(commandCase).join("\n")}
  esac
}
_agent_server_commands() { _describe command commands }
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _agent_server "$@"; else compdef _agent_server agent-server; fi
`;
}

function commandCase({ name, words, takesFolders, options }: ShownCommand): string {
  const operands = [
    "'1: :_agent_server_commands'",
    ...(words.length > 0 ? [`'2: :(${words.join(" ")})'`] : []),
    ...(takesFolders ? ["'*: :_files -/'"] : []),
  ];
  return `    ${name})
      _arguments \\
        ${[...options.map(optionSpec), ...operands].join(" \\\n        ")} ;;`;
}

function optionSpec({ name, about, value, choices, path, multiple }: ShownOption): string {
  const text = about.replaceAll(/[[\]:\\]/g, "\\$&");
  return quoted(
    `${multiple ? "*" : ""}--${name}[${text}]${value === undefined ? "" : `:${value}:${action()}`}`,
  );

  function action(): string {
    if (path !== undefined) return path === "folder" ? "_files -/" : "_files";
    return choices === undefined ? "" : `(${choices.join(" ")})`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
