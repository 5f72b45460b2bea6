/** Programs that run the command that follows them. */
const WRAPPERS = new Set([
  "sudo",
  "doas",
  "env",
  "command",
  "exec",
  "nohup",
  "time",
  "nice",
  "xargs",
  "builtin",
]);
const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ksh"]);
const MAX_DEPTH = 4;

/** Result of a scan. `unclear`: the flags of a delete, on a command that only the shell can name. */
export type ShellScan = "deletes" | "unclear" | "clean";

/**
 * Searches for a recursive, forced `rm` behind quotes, paths, wrappers and nested shells: `"rm" -r -f x`,
 * `/bin/rm -fr x`, `sh -c 'rm -rf x'`. Splits words without a grammar, in one pass for each level of nesting.
 */
export function scanShell(text: string, depth = 0): ShellScan {
  let result: ShellScan = "clean";
  for (const words of simpleCommands(text)) {
    const scan = scanCommand(words, depth);
    if (scan === "deletes") return scan;
    if (scan === "unclear") result = scan;
  }
  return result;
}

function scanCommand(words: readonly string[], depth: number): ShellScan {
  const start = words.findIndex((word) => !isPreamble(word));
  const program = words[start];
  if (program === undefined) return "clean";
  const args = words.slice(start + 1);
  const name = program.split("/").at(-1) ?? program;
  if (SHELLS.has(name) && depth < MAX_DEPTH) {
    return scanShell(args.filter((word) => /\s/.test(word)).join("\n"), depth + 1);
  }
  if (!isRecursiveForced(args)) return "clean";
  if (name === "rm") return "deletes";
  return /[$`]/.test(program) ? "unclear" : "clean";
}

/** Whether a word stands before the program: an assignment, a wrapper or a flag of a wrapper. */
function isPreamble(word: string): boolean {
  return word.startsWith("-") || /^\w+=/.test(word) || WRAPPERS.has(word.split("/").at(-1) ?? word);
}

function isRecursiveForced(args: readonly string[]): boolean {
  const flags = args.filter((word) => word.startsWith("-"));
  const letters = flags.filter((word) => /^-[a-zA-Z]+$/.test(word)).join("");
  const recursive = /[rR]/.test(letters) || flags.includes("--recursive");
  return recursive && (letters.includes("f") || flags.includes("--force"));
}

/** Splits a text into commands, each a list of words without quotes and backslashes. */
function simpleCommands(text: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  let quote = "";
  const endWord = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\" && quote !== "'") {
      index += 1;
      word = (word ?? "") + text.charAt(index);
    } else if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/[;&|()\n{}]/.test(character)) {
      endCommand();
    } else if (/\s/.test(character)) {
      endWord();
    } else {
      word = (word ?? "") + character;
    }
  }
  endCommand();
  return commands;
}
