import { baseName, type Invocation } from "./command.ts";
import { literalPrefix } from "./literal.ts";
import type { Word } from "./word.ts";

/** A program that runs the program after it. */
interface Wrapper {
  /** The options that are known, and how many words each takes as its value. */
  options: Readonly<Record<string, number>>;
  /** Words between the options and the program, such as the duration of `timeout`. */
  operands?: number;
  /** Whether assignments may come before the program. */
  takesAssignments?: boolean;
  /** Matches the options with which it only tells where the program is. */
  asks?: RegExp;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: {
    options: { "-i": 0, "--ignore-environment": 0, "-u": 1, "--unset": 1, "-C": 1, "--chdir": 1 },
    takesAssignments: true,
  },
  sudo: {
    options: {
      ...{ "-E": 0, "-H": 0, "-i": 0, "-n": 0, "-S": 0 },
      ...{ "-u": 1, "--user": 1, "-g": 1, "--group": 1, "-D": 1, "--chdir": 1 },
    },
    takesAssignments: true,
  },
  builtin: { options: {} },
  command: { options: { "-p": 0, "-v": 0, "-V": 0 }, asks: /[vV]/ },
  time: { options: { "-p": 0 } },
  timeout: {
    options: {
      ...{ "--foreground": 0, "--preserve-status": 0, "--verbose": 0 },
      ...{ "-k": 1, "--kill-after": 1, "-s": 1, "--signal": 1 },
    },
    operands: 1,
  },
  exec: { options: { "-a": 1, "-c": 0, "-l": 0 } },
  nice: { options: { "-n": 1, "--adjustment": 1 } },
  nohup: { options: {} },
  chroot: { options: { "--userspec": 1, "--groups": 1, "--skip-chdir": 0 }, operands: 1 },
  busybox: { options: {} },
  toybox: { options: {} },
  setsid: { options: { "-f": 0, "--fork": 0, "-c": 0, "--ctty": 0, "-w": 0, "--wait": 0 } },
  stdbuf: { options: { "-i": 1, "--input": 1, "-o": 1, "--output": 1, "-e": 1, "--error": 1 } },
  strace: { options: { "-f": 0, "-o": 1, "-e": 1, "-p": 1, "-s": 1 } },
};

/** Builtins that `builtin` can run and that run another command themselves. */
const BUILTIN_WRAPPERS = new Set(["builtin", "command", "exec"]);

export function isWrapper({ name }: Invocation): boolean {
  return wrapperOf(name) !== undefined;
}

function wrapperOf(name: string | null): Wrapper | undefined {
  return name !== null && Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
}

/** The command that runs behind `sudo`, `env`, `timeout` and their like. Uncertain when their words are not clear. */
export function throughWrappers(invocation: Invocation): Invocation {
  let current = invocation;
  while (true) {
    const inner = unwrapped(current);
    if (inner === "uncertain") return { ...current, isUncertain: true };
    if (inner === undefined) return current;
    current = inner;
  }
}

/** The command behind one wrapper; undefined when there is none. */
function unwrapped(invocation: Invocation): Invocation | "uncertain" | undefined {
  const { name, words, mayBeBuiltin } = invocation;
  const wrapper = wrapperOf(name);
  if (wrapper === undefined) return undefined;
  if ((name === "builtin" || name === "command") && !mayBeBuiltin) return undefined;
  const afterOptions = skipOptions(words, wrapper);
  if (typeof afterOptions !== "number") return afterOptions;
  const start = startOfProgram(words, { name, wrapper, afterOptions });
  if (start === "uncertain") return "uncertain";
  const target = words[start];
  if (target === undefined) return undefined;
  if (target.literal === null || target.mayMultiply) return "uncertain";
  if (name === "builtin" && !BUILTIN_WRAPPERS.has(target.literal)) return undefined;
  return behind(invocation, { target, literal: target.literal, words: words.slice(start + 1) });
}

function behind(
  { name, mayBeBuiltin, mayBeKeyword, isUncertain }: Invocation,
  { target, literal, words }: { target: Word; literal: string; words: readonly Word[] },
): Invocation {
  const isPlain = !literal.includes("/");
  const isTimed = name === "time" && mayBeKeyword;
  return {
    name: baseName(literal),
    words,
    isUncertain,
    mayBeBuiltin: isPlain && mayBeBuiltin && (name === "builtin" || name === "command" || isTimed),
    mayBeKeyword: isPlain && isTimed && target.text === literal,
  };
}

/** Position after the options of a wrapper; undefined when it runs no program. */
function skipOptions(
  words: readonly Word[],
  { options, takesAssignments, asks }: Wrapper,
): number | "uncertain" | undefined {
  let index = 0;
  for (let word = words[0]; word !== undefined; word = words[index]) {
    const { literal } = word;
    if (word.mayMultiply) return "uncertain";
    if (literal === null) {
      const prefix = literalPrefix(word.node).text;
      if (takesAssignments && !prefix.startsWith("-") && prefix.includes("=")) return index;
      if (!/^--.*=/s.test(prefix) || valuesOf(prefix, options) !== 0) return "uncertain";
      index += 1;
      continue;
    }
    if (literal === "--") return index + 1;
    if (!literal.startsWith("-") || literal === "-") return index;
    const values = valuesOf(literal, options);
    if (values === null || index + values >= words.length) return "uncertain";
    if (asks?.test(literal)) return undefined;
    if (words.slice(index + 1, index + 1 + values).some(({ mayMultiply }) => mayMultiply)) return "uncertain";
    index += 1 + values;
  }
  return index;
}

/** The number of words after an option that are its value; null for an option that is not known. */
function valuesOf(option: string, options: Wrapper["options"]): number | null {
  if (Object.hasOwn(options, option)) return options[option] ?? null;
  if (option.startsWith("--")) {
    const [name = "", ...value] = option.split("=");
    return value.length > 0 && Object.hasOwn(options, name) ? 0 : null;
  }
  return option.length < 3 ? null : valuesOfGroup(option.slice(1), options);
}

/** The same for letters in one word, as in `-nu root`. What follows a letter that takes a value is that value. */
function valuesOfGroup(letters: string, options: Wrapper["options"]): number | null {
  for (const [index, letter] of [...letters].entries()) {
    const option = `-${letter}`;
    if (!Object.hasOwn(options, option)) return null;
    const values = options[option] ?? 0;
    if (values > 0) return index < letters.length - 1 ? 0 : values;
  }
  return 0;
}

/** Position of the program that a wrapper runs. */
function startOfProgram(
  words: readonly Word[],
  { name, wrapper, afterOptions }: { name: string | null; wrapper: Wrapper; afterOptions: number },
): number | "uncertain" {
  let start = afterOptions;
  if (name === "env" && words[start]?.literal === "-") start += 1;
  if (wrapper.takesAssignments) {
    const assigned = skipAssignments(words, start);
    if (assigned === "uncertain") return "uncertain";
    start = assigned;
  }
  const operands = wrapper.operands ?? 0;
  const isClear = words.slice(start, start + operands).every(({ mayMultiply }) => !mayMultiply);
  return isClear ? start + operands : "uncertain";
}

function skipAssignments(words: readonly Word[], start: number): number | "uncertain" {
  for (let index = start; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined || word.mayMultiply) return "uncertain";
    const isAssignment = (word.literal ?? literalPrefix(word.node).text).includes("=");
    if (!isAssignment) return word.literal === null ? "uncertain" : index;
  }
  return words.length;
}
