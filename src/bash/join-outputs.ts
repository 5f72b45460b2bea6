import type { BashOutput } from "../wire/machine/bash.ts";
import { type StreamTexts, wholeCharacters } from "./output-pieces.ts";

/** Characters of both streams that an answer with all output of a command has at most. */
export const MAX_JOINED = 8 * 1024 * 1024;

const NOTE = `\n[This output is cut after ${MAX_JOINED} characters. The events of the command have the rest.]\n`;

/** Joins the outputs of a command into its final one. Past `MAX_JOINED` a note says that the rest is left out. */
export async function joinOutputs(
  final: BashOutput,
  outputs: AsyncIterable<BashOutput>,
): Promise<BashOutput> {
  const texts: StreamTexts = { stdout: "", stderr: "" };
  let room = MAX_JOINED;
  for await (const output of followedBy(final, outputs)) {
    for (const stream of ["stdout", "stderr"] as const) {
      const text = output[stream] ?? "";
      const taken = text.slice(0, text.length > room ? wholeCharacters(text, room) : room);
      room -= taken.length;
      texts[stream] += taken.length < text.length ? taken + NOTE : taken;
      if (taken.length < text.length) return { ...final, ...orNull(texts) };
    }
  }
  return { ...final, ...orNull(texts) };
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
