import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { AgentServerError, messageOf } from "../../errors.ts";

/**
 * Finds the session key: in the file, or in the variables that a server reads, too. Not on the command line, which every
 * program of the machine can read.
 */
export async function findSessionKey(file: string | undefined): Promise<string | undefined> {
  const { OH_SESSION_API_KEYS_0: first, SESSION_API_KEY: alias } = process.env;
  if (file === undefined) return first || alias || undefined;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new AgentServerError("bad_request", `--key-file: ${file} cannot be read (${messageOf(error)})`);
  });
  return text.trim();
}

/** Asks for the key at the terminal. It is not shown while it is entered. */
export async function askForSessionKey(): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.once("SIGINT", () => process.exit(130));
  // Only now: the terminal shows what is typed until it is read key by key.
  process.stderr.write("Session key of the server: ");
  try {
    return (await lines.question("")).trim();
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
