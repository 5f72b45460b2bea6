import type { Invocation } from "./command.ts";
import type { Word } from "./word.ts";

/** The script that a shell is started with, as in `bash -c 'ls'`. */
export interface ScriptOperand {
  /** Whether the words hold a script. */
  isGiven: boolean;
  /** Null when only the shell can know it. */
  text: string | null;
  /** Whether the script may be another word, or none. */
  isUncertain: boolean;
}

/** The place where the options of a shell end, and why. */
type End = "words" | "operand" | "dynamic" | "many" | "invalid" | "unsupported" | "no value" | "odd value";

interface RunnerOptions {
  end: End;
  index: number;
  /** Whether `--` or `-` came before. */
  isClosed: boolean;
  hasScript: boolean;
  readsInput: boolean;
  /** Whether the shell only reads its commands: `-n` checks them, `-D` of bash prints their strings. */
  isQuiet: boolean;
}

const RUNNERS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash"]);
const LETTERS = new Set("abefhkmnptuvxBCDHPcilrsoO");
const LETTERS_WITH_VALUE = new Set("oO");
const LONG_OPTIONS: Readonly<Record<string, number>> = {
  "--rcfile": 1,
  "--init-file": 1,
  "--debugger": 0,
  "--login": 0,
  "--noediting": 0,
  "--noprofile": 0,
  "--norc": 0,
  "--posix": 0,
  "--restricted": 0,
  "--verbose": 0,
};
/** Nodes with a value that cannot begin with a dash. */
const NEVER_AN_OPTION = new Set(["arithmetic_expansion", "process_substitution"]);

const NO_SCRIPT: ScriptOperand = { isGiven: false, text: null, isUncertain: false };

export function isRunner({ name }: Invocation): boolean {
  return name !== null && RUNNERS.has(name);
}

/** Finds the script among the words of a shell. */
export function scriptOperand(invocation: Invocation): ScriptOperand {
  if (!isRunner(invocation)) return NO_SCRIPT;
  const { words } = invocation;
  const { end, index, isClosed, hasScript, isQuiet } = readOptions(invocation);
  const word = words[index];
  switch (end) {
    case "many":
      if (isClosed && (isQuiet || !hasScript)) return NO_SCRIPT;
      return { isGiven: hasScript, text: null, isUncertain: true };
    case "dynamic":
      if (hasScript) return isQuiet ? NO_SCRIPT : { isGiven: true, text: null, isUncertain: false };
      if (isClosed || (word !== undefined && NEVER_AN_OPTION.has(word.node.type))) return NO_SCRIPT;
      return { ...NO_SCRIPT, isUncertain: index + 1 < words.length };
    case "invalid":
    case "no value":
      return NO_SCRIPT;
    case "unsupported":
    case "odd value":
      return { isGiven: hasScript, text: null, isUncertain: true };
    case "operand":
    case "words":
      if (isQuiet || !hasScript) return NO_SCRIPT;
      return { isGiven: true, text: word?.literal ?? null, isUncertain: false };
  }
}

/** The word that a shell, or `source`, reads its commands from as a file; undefined without one. */
export function scriptFile(invocation: Invocation): Word | undefined {
  const { name, words } = invocation;
  if (name === "source" || name === ".") return words[0];
  if (!isRunner(invocation)) return undefined;
  const { index, hasScript, readsInput } = readOptions(invocation);
  return hasScript || readsInput ? undefined : words[index];
}

/** Whether a shell takes its commands from its standard input; null when its words do not tell. */
export function readsStandardInput(invocation: Invocation): boolean | null {
  const { end, isClosed, readsInput, isQuiet } = readOptions(invocation);
  switch (end) {
    case "many":
    case "dynamic":
      if (!isClosed) return null;
      if (isQuiet) return false;
      return readsInput || null;
    case "invalid":
    case "no value":
      return false;
    case "unsupported":
    case "odd value":
      return null;
    case "operand":
      return readsInput && !isQuiet;
    case "words":
      return !isQuiet;
  }
}

function readOptions({ name, words }: Invocation): RunnerOptions {
  const options = { hasScript: false, readsInput: false, isClosed: false, index: 0 };
  let isCheckOnly = false;
  let printsStrings = false;
  const ended = (end: End): RunnerOptions => ({ ...options, end, isQuiet: isCheckOnly || printsStrings });
  for (let word = words[0]; word !== undefined; word = words[options.index]) {
    const { literal, mayMultiply } = word;
    if (mayMultiply) return ended("many");
    if (literal === null) return ended("dynamic");
    if (options.isClosed || !/^[-+]/.test(literal) || literal === "+") return ended("operand");
    if (literal === "--" || literal === "-") {
      options.isClosed = true;
      options.index += 1;
      continue;
    }
    if (/^(?:\+\+|-\+|\+-)/.test(literal)) return ended("invalid");
    const values = valuesOf(literal, name);
    if (values === null) return ended("unsupported");
    const letters = literal.startsWith("--") ? "" : literal.slice(1);
    options.hasScript ||= letters.includes("c");
    options.readsInput ||= letters.includes("s") && literal.startsWith("-");
    if (letters.includes("n")) isCheckOnly = literal.startsWith("-");
    printsStrings ||= name === "bash" && letters.includes("D");
    if (values > 0) {
      const value = words[options.index + 1];
      if (value === undefined) return ended("no value");
      if (isOddValue(value)) return ended("odd value");
    }
    options.index += 1 + values;
  }
  return ended("words");
}

function isOddValue({ node, mayMultiply }: Word): boolean {
  return mayMultiply || NEVER_AN_OPTION.has(node.type);
}

/** The number of words that an option takes as its value; null for an option that is not known. */
function valuesOf(option: string, shell: string | null): number | null {
  if (option.startsWith("--")) return shell === "bash" ? (LONG_OPTIONS[option] ?? null) : null;
  const letters = option.slice(1);
  if (shell !== "bash" && letters.includes("D")) return null;
  if ([...letters].some((letter) => !LETTERS.has(letter))) return null;
  const takesValue = [...letters].map((letter) => LETTERS_WITH_VALUE.has(letter));
  if (takesValue.slice(0, -1).includes(true)) return null;
  return takesValue.at(-1) ? 1 : 0;
}
