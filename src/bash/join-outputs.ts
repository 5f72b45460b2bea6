import type { BashOutput } from "../wire/machine/bash.ts";
import { type StreamTexts, wholeCharacters } from "./output-pieces.ts";

/** Characters of both streams that an answer with all output of a command has at most. */
export const MAX_JOINED = 8 * 1024 * 1024;

const NOTE = `\n[This output is cut after ${MAX_JOINED} characters. The events of the command have the rest.]\n`;

/**
 * Joins the outputs of a command into its final one, as JSON text: each output is written as JSON by itself, since that
 * of all at once would hold up everything else. Past `MAX_JOINED` a note says that the rest is left out.
 */
export async function joinOutputs(final: BashOutput, outputs: AsyncIterable<BashOutput>): Promise<string> {
  if (final.order === 0) return JSON.stringify(final);
  const joined: StreamTexts = { stdout: "", stderr: "" };
  let room = MAX_JOINED;
  for await (const output of followedBy(final, outputs)) {
    for (const stream of ["stdout", "stderr"] as const) {
      const text = output[stream] ?? "";
      const taken = text.slice(0, text.length > room ? wholeCharacters(text, room) : room);
      room -= taken.length;
      joined[stream] += inJson(taken.length < text.length ? taken + NOTE : taken);
      if (taken.length < text.length) return withStreams(final, joined);
    }
  }
  return withStreams(final, joined);
}

/** The final output is at hand, whatever became of the stored events. */
async function* followedBy(final: BashOutput, outputs: AsyncIterable<BashOutput>) {
  for await (const output of outputs) {
    if (output.order >= final.order) break;
    yield output;
  }
  yield final;
}

/** Streams that are empty are null on the wire. */
export function orNull({ stdout, stderr }: StreamTexts): Pick<BashOutput, "stdout" | "stderr"> {
  return { stdout: stdout === "" ? null : stdout, stderr: stderr === "" ? null : stderr };
}

/** The text between the quotes of a JSON string. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The output with other streams, which are given as `inJson` writes them. */
function withStreams(output: BashOutput, { stdout, stderr }: StreamTexts): string {
  const members = Object.entries({ ...output, ...orNull({ stdout, stderr }) }).map(([name, value]) => {
    const isJoined = (name === "stdout" || name === "stderr") && value !== null;
    return `"${name}":${isJoined ? `"${value}"` : JSON.stringify(value)}`;
  });
  return `{${members.join(",")}}`;
}
