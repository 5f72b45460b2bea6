/** The description of the terminal for the model. */
export const terminalDescription = `Runs commands in a bash shell that stays open for the whole conversation.

The shell keeps its state: the working directory, variables, functions, aliases and activated environments are still \
there in the next call. It is a real terminal, so programs that ask questions or draw on the screen work too.

Commands
* \`command\` may have any number of lines: loops, functions and heredocs run as a script would. Steps that depend on \
each other go together with \`&&\`; independent ones are better sent in one call than in several.
* \`set -e\` holds only for the call that says it, and a failing line then ends the shell. \`exit\` and \`exec\` end it \
too; a new one starts with the next command.
* Long output is shown with its middle left out. The whole of it is saved, and the notice says where: search that file \
rather than running the command again.

Commands that take long
* A call without \`timeout\` comes back when there was no new output for a while (30 seconds, if nothing else was set). \
With \`timeout\` it comes back after that many seconds at the latest. Give builds, installations and test suites a \
\`timeout\` that fits.
* Exit code -1 means that the command still runs; nothing was stopped. Then either
  - send an empty \`command\` to wait further and see what is new,
  - send a line to the program with \`is_input\` set, or
  - stop it with \`is_input\` and \`C-c\`.
  Other commands are refused until it has ended.
* Start servers and watchers in the background with their output in a file: \`npm run dev > dev.log 2>&1 &\`. They end \
with the conversation.

Input to a running program (\`is_input\`)
* Text is sent with Enter. Keys go by name: \`C-c\`, \`C-d\`, \`C-z\` and any other \`C-<letter>\`, \`ENTER\`, \`TAB\`, \
\`ESC\`, \`BS\`, \`UP\`, \`DOWN\`, \`LEFT\`, \`RIGHT\`, \`HOME\`, \`END\`, \`PGUP\`, \`PGDN\`. In a program that fills the \
screen a single character is sent as a key, without Enter.
* Prefer options that need no answers (\`--yes\`, \`--no-pager\`, a heredoc) to answering questions.

\`reset\` ends the shell and everything it started and opens a new one. It is for a terminal that no longer answers; \
variables and the working directory are lost.`;

export const fieldDescriptions = {
  command:
    "The command, of one line or many. Empty: wait for more output of the command that still runs. With `is_input`: " +
    "the text or the name of the key to send to it.",
  is_input: "Send `command` to the program that is running instead of starting a new command.",
  timeout:
    "Seconds after which the call comes back even if the command still runs. Without it, the call comes back when no " +
    "new output came for a while.",
  reset: "Open a new shell first. Not together with `is_input`.",
} as const;
