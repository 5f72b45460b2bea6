import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A part of the bench in a process of its own, so that it does not share a core's time with what it measures. */
export interface Child {
  readonly pid: number;
  /** Sends a message and gives the answer to it. */
  ask<T>(message: object): Promise<T>;
  stop(): Promise<void>;
}

type Answering = (message: Record<string, unknown>) => unknown;

export async function startChild(
  file: string,
  args: string[] = [],
  options: ForkOptions = {},
): Promise<Child> {
  const child = fork(join(import.meta.dirname, file), args, options);
  await once(child, "message");
  let turn: Promise<unknown> = Promise.resolve();
  return {
    pid: child.pid as number,
    ask<T>(message: object) {
      const answer = turn.then(() => ask(child, message));
      turn = answer.catch(() => undefined);
      return answer as Promise<T>;
    },
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function ask(child: ChildProcess, message: object): Promise<unknown> {
  child.send(message);
  const [answer] = (await once(child, "message")) as [{ error?: string; value?: unknown }];
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.value;
}

/** In the child: answers what the bench asks, then says that it is there. Ends when the bench is gone. */
export function answerBench(answer: Answering): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async (message: Record<string, unknown>) => {
    try {
      process.send?.({ value: (await answer(message)) ?? null });
    } catch (error) {
      process.send?.({ error: String(error) });
    }
  });
  process.send?.({ value: "here" });
}
