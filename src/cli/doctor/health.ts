import { messageOf } from "../../errors.ts";

export interface HealthArguments {
  /** Base URL of the server. */
  host: string;
  /** Asks whether the server takes work, and not only whether it answers. */
  ready: boolean;
}

/** Milliseconds for an answer. Supervisors set a shorter limit where they want one. */
const PATIENCE = 30_000;

/**
 * Asks a server how it is, for supervisors of containers without a program for requests. Fails with exit code 1 when it
 * does not answer, or says no.
 */
export async function health({ host, ready }: HealthArguments): Promise<void> {
  const url = host.replace(/\/$/, "") + (ready ? "/ready" : "/health");
  const answer = await answerOf(url);
  const isWell = answer === "200";
  const stream = isWell ? process.stdout : process.stderr;
  stream.write(`${url}: ${answer}\n`);
  if (!isWell) process.exitCode = 1;
}

/** The status, or the reason why there is none. */
async function answerOf(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    return messageOf(error instanceof Error && error.cause ? error.cause : error);
  }
}
