import type { Command, Invocation } from "./command.ts";
import {
  descriptorOfPath,
  destinationOf,
  isNumber,
  normalDescriptor,
  operatorText,
  type RedirectedCommand,
  redirectsOf,
} from "./redirect.ts";
import { type ShellData, standardInputOf } from "./standard-input.ts";
import type { SyntaxNode } from "./syntax-node.ts";
import type { Word } from "./word.ts";

/** Whether the standard output of a command goes into its pipe; null when only the shell can know it. */
export function reachesPipe(command: RedirectedCommand, within?: SyntaxNode): boolean | null {
  const outputs = new Map<string, boolean | null>([["1", true]]);
  const outputAt = (descriptor: string) =>
    outputs.get(descriptor) ?? (outputs.has(descriptor) ? null : false);
  for (const { node, descriptor } of redirectsOf(command, within)) {
    const operator = operatorText(node);
    const destination = destinationOf(node);
    if (/^[<>]&/.test(operator)) {
      const isClosed = destination === "-";
      const copied = isNumber(destination) ? outputAt(normalDescriptor(destination)) : null;
      outputs.set(descriptor, isClosed ? false : copied);
      continue;
    }
    const alias = descriptorOfPath(destination);
    const elsewhere = destination === null ? null : false;
    const output = alias === undefined ? elsewhere : outputAt(alias);
    for (const written of operator.startsWith("&>") ? ["1", "2"] : [descriptor]) outputs.set(written, output);
  }
  return outputAt("1");
}

/** The data that a command writes into its pipe; undefined when its output goes elsewhere. */
export function pipedOutputOf(
  command: Command,
  invocation: Invocation,
  within: SyntaxNode,
): ShellData | undefined {
  const reaches = reachesPipe(command, within);
  if (reaches === false) return undefined;
  if (reaches === null || invocation.isUncertain) return "unknown";
  const { name, words } = invocation;
  if (name === "echo") return dataOf(echoed(words));
  if (name === "printf") return dataOf(printed(words));
  if (name === "cat" && words.length === 0) return standardInputOf(command, { within }) ?? "unknown";
  return "unknown";
}

function dataOf(text: string | null): ShellData {
  return text === null ? "unknown" : { text };
}

/** The word as the command gets it, unless it may be another number of words. */
function fixedValue({ literal, mayMultiply }: Word): string | null {
  return mayMultiply ? null : literal;
}

/** The output of `echo`. Shells disagree about its options and escapes, so that these are not read. */
function echoed(words: readonly Word[]): string | null {
  const values = words.map(fixedValue);
  if (values.some((value) => value === null || value.includes("\\"))) return null;
  if (values[0]?.startsWith("-")) return null;
  return `${values.join(" ")}\n`;
}

function printed(words: readonly Word[]): string | null {
  const operands = words[0]?.literal === "--" ? words.slice(1) : words;
  const [format, ...values] = operands.map(fixedValue);
  if (format === undefined) return "";
  if (format === null || format.includes("\\")) return null;
  if (operands === words && format.startsWith("-")) return null;
  return formatted(format, values);
}

/** Fills `%s` and `%%` of a format. Null for other conversions, and when the shell would repeat the format. */
function formatted(format: string, values: readonly (string | null)[]): string | null {
  const parts = format.match(/%.?|[^%]+/gsu) ?? [];
  const left = [...values];
  let text = "";
  for (const part of parts) {
    if (!part.startsWith("%")) text += part;
    else if (part === "%%") text += "%";
    else {
      const value = part === "%s" ? left.shift() : null;
      if (value === null || value === undefined) return null;
      text += value;
    }
  }
  return left.length > 0 && left.length < values.length ? null : text;
}

/** Whether a format of `printf` uses any of the words after it. */
export function formatTakesValues(format: string): boolean {
  return /^(?:[^%]|%%)*%[^%]/su.test(format);
}
