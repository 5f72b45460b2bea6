import { parentPort, workerData } from "node:worker_threads";
import { RE2JS } from "re2js";
import type { MatchReply, MatchRequest } from "./match-protocol.ts";

// The module of the thread that `openTextMatcher` starts. Its first message is null, or what is wrong with the pattern.
const source = String(workerData);
const decoder = new TextDecoder();
/** Patterns that name a line feed match across lines, others in one. */
const spansLines = source.includes("\\n");

function compile(): RE2JS | string {
  try {
    return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE | RE2JS.MULTILINE);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A text without a match as a whole has none in a line. */
function hasMatch(pattern: RE2JS, text: string): boolean {
  if (!pattern.test(text)) return false;
  if (spansLines) return true;
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.some((line) => pattern.test(line));
}

const pattern = compile();
parentPort?.postMessage(typeof pattern === "string" ? pattern : null);
parentPort?.on("message", ({ id, text }: MatchRequest) => {
  const isMatch = typeof pattern !== "string" && hasMatch(pattern, decoder.decode(text));
  const reply: MatchReply = { id, isMatch };
  parentPort?.postMessage(reply);
});
