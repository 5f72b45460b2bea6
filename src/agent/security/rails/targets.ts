import type { Invocation } from "../shell/command.ts";
import { deletesByForce } from "../shell/delete-flags.ts";
import type { Verdict } from "../shell/verdict.ts";
import { foldCase, isCriticalTarget, isDevice } from "./paths.ts";

/** Judges whether a command formats a disk or writes to one past its file system. */
export function writesRawDisk({ name, words, isUncertain }: Invocation): Verdict {
  const program = name === null ? null : foldCase(name);
  if (program === "mkfs" || program?.startsWith("mkfs.")) return "HIGH";
  const isCopy = program === "dd";
  let verdict: Verdict = "LOW";
  for (const { literal, mayMultiply } of words) {
    if (isCopy && (literal === null || mayMultiply)) verdict = "UNKNOWN";
    if (literal === null) continue;
    const isOutput = isDeviceOutput(literal);
    if (isCopy && isOutput) return "HIGH";
    if (isUncertain && (isOutput || isDevice(literal))) verdict = "UNKNOWN";
  }
  return verdict;
}

function isDeviceOutput(word: string): boolean {
  const [key = "", ...value] = word.split("=");
  return foldCase(key) === "of" && isDevice(value.join("="));
}

/** Judges whether a command deletes by force what a machine or its users need. */
export function deletesCriticalTarget(invocation: Invocation): Verdict {
  const { name, words, isUncertain } = invocation;
  const isDelete = name !== null && foldCase(name) === "rm";
  if (!isDelete && !isUncertain) return "LOW";
  const isForced = deletesByForce(invocation);
  const isDynamic = words.some(({ literal, mayMultiply }) => literal === null || mayMultiply);
  if (!hasCriticalTarget(invocation)) return isForced && isDynamic ? "UNKNOWN" : "LOW";
  if (isDelete && isForced) return "HIGH";
  return isDynamic || (isUncertain && isForced) ? "UNKNOWN" : "LOW";
}

/** Words that begin with a dash are options, until `--` ends them. */
function hasCriticalTarget({ words }: Invocation): boolean {
  let optionsEnd = false;
  for (const word of words) {
    const { literal } = word;
    if (literal === null) continue;
    if (!optionsEnd && literal === "--") optionsEnd = true;
    else if (!optionsEnd && literal.startsWith("-") && literal !== "-") continue;
    else if (isCriticalTarget(word, literal)) return true;
  }
  return false;
}
