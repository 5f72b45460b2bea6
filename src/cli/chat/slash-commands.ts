import { nearest } from "../arguments/nearest.ts";

/** The commands of a chat, and what each does. */
export const SLASH_COMMANDS = {
  help: "show these commands",
  pause: "pause the run after the current step; Ctrl-C stops it at once",
  resume: "go on with a run that was paused",
  confirm: "run what the agent asks for; y does, too",
  reject: "do not run it; /reject WHY tells the agent the reason, and so does any other text",
  diff: "show all changes of files that this chat has seen",
  new: "start another conversation",
  list: "show the last conversations of the server",
  quit: "leave; the conversation stays at the server",
} as const;

export type SlashCommand = keyof typeof SLASH_COMMANDS;

/** A line as it is meant. */
export type Entered =
  | { kind: "nothing" }
  | { kind: "text"; text: string }
  | { kind: "command"; command: SlashCommand; rest: string }
  /** It looks like a command. `near` is the one that was probably meant. */
  | { kind: "unknown"; word: string; near: string | undefined };

/** Reads a line. A path such as `/etc/hosts is empty` is text. */
export function readEntered(line: string): Entered {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  const [, word, rest = ""] = /^\/([a-z]+)(?:\s+(.*))?$/.exec(text) ?? [];
  if (word === undefined) return { kind: "text", text };
  if (isSlashCommand(word)) return { kind: "command", command: word, rest };
  return { kind: "unknown", word, near: nearest(word, Object.keys(SLASH_COMMANDS)) };
}

export function slashHelp(): string {
  const lines = Object.entries(SLASH_COMMANDS).map(([name, about]) => `  /${name.padEnd(8)} ${about}`);
  return lines.join("\n");
}

function isSlashCommand(word: string): word is SlashCommand {
  return Object.hasOwn(SLASH_COMMANDS, word);
}
