import { once } from "node:events";
import { messageOf } from "../../../errors.ts";
import { untilAborted } from "../../../waiting.ts";
import { FileRefusal } from "../../text-files/file-refusal.ts";
import type { MatchReply, MatchRequest } from "./match-protocol.ts";

/** Megabytes of JavaScript values in the thread. */
const MAX_HEAP = 128;

/** Tells which texts a regular expression matches. */
export interface TextMatcher extends AsyncDisposable {
  /** Whether a line of a text in UTF-8 matches. The bytes are copied. */
  matches(text: Uint8Array): Promise<boolean>;
}

const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./match-worker.ts" : "./match-worker.js",
  import.meta.url,
);

/**
 * Starts a thread that matches a regular expression, in the syntax of RE2 and without regard to case. The expression
 * comes from a model and the texts from anyone: together they may take long, and then the signal ends the thread.
 *
 * @throws FileRefusal for an expression that is not valid.
 */
export async function openTextMatcher(pattern: string, signal: AbortSignal): Promise<TextMatcher> {
  const { Worker } = await import("node:worker_threads");
  signal.throwIfAborted();
  const thread = new Worker(SCRIPT, {
    name: "match-worker",
    env: {},
    execArgv: [],
    workerData: pattern,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
  });
  const waiting = new Map<number, (reply: MatchReply) => void>();
  const failed = new Promise<never>((_, reject) => {
    thread.on("error", (cause) => reject(new FileRefusal(tooCostly(cause), { cause })));
    thread.on("exit", () => reject(new FileRefusal(tooCostly("the thread has ended"))));
  });
  failed.catch(() => {});
  const settled = <T>(work: Promise<T>) => untilAborted(Promise.race([work, failed]), signal);
  const end = async () => {
    await thread.terminate();
  };
  try {
    const [fault] = await settled(once(thread, "message"));
    if (typeof fault === "string") throw new FileRefusal(`Invalid regex pattern: ${fault}`);
  } catch (error) {
    await end();
    throw error;
  }
  thread.on("message", (reply: MatchReply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let lastId = 0;
  return {
    async matches(text) {
      lastId += 1;
      const { promise, resolve } = Promise.withResolvers<MatchReply>();
      waiting.set(lastId, resolve);
      const copy = text.slice();
      const request: MatchRequest = { id: lastId, text: copy };
      thread.postMessage(request, [copy.buffer]);
      return (await settled(promise)).isMatch;
    },
    [Symbol.asyncDispose]: end,
  };
}

function tooCostly(cause: unknown): string {
  return `The pattern could not be searched for: ${typeof cause === "string" ? cause : messageOf(cause)}`;
}
