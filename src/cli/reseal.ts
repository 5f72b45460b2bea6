import { resealConversations } from "../conversations/rotation/reseal-conversations.ts";
import { AgentServerError } from "../errors.ts";
import { createRotatingCipher } from "../secrets/cipher.ts";
import type { ResealReport } from "../secrets/reseal.ts";
import { resealDocuments } from "../settings/documents/reseal-documents.ts";
import type { DataArguments } from "./arguments/parse-store.ts";
import { readConfiguration } from "./read-configuration.ts";
import { openExisting } from "./store/command-store.ts";

export interface ResealArguments extends DataArguments {
  /** Drops secrets that no key opens. */
  forgetUnreadable: boolean;
}

/**
 * Encrypts every stored secret with today's secret key, so that the earlier ones are no longer needed. The server that
 * uses the database must be stopped. The exit code is 1 when a secret remains that no key opens.
 */
export async function reseal({ data, store: place, forgetUnreadable }: ResealArguments): Promise<void> {
  const { options } = await readConfiguration();
  const { secretKey, previousSecretKeys = [] } = options;
  if (secretKey === undefined) {
    throw new AgentServerError(
      "bad_request",
      "no secret key is set (OH_SECRET_KEY): there is nothing to seal with",
    );
  }
  const home = data ?? options.conversationsPath ?? "workspace/conversations";
  const cipher = createRotatingCipher({ secretKey, previousSecretKeys });
  const { store } = await openExisting({ home, store: place });
  try {
    const documents = await resealDocuments(store.documents, { cipher, forgetUnreadable });
    const conversations = await resealConversations(store, {
      cipher,
      forgetUnreadable,
      onProgress: showProgress,
    });
    if (process.stderr.isTTY) process.stderr.write("\n");
    print("settings, secrets and profiles", documents, forgetUnreadable);
    print("conversations", conversations, forgetUnreadable);
    if (documents.unreadable + conversations.unreadable > 0 && !forgetUnreadable) process.exitCode = 1;
  } finally {
    await store.close();
  }
}

function showProgress(seen: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${seen} conversations`);
}

function print(what: string, report: ResealReport, forgetUnreadable: boolean): void {
  const { seen, written, renewed, unreadable, unreadableIn } = report;
  process.stdout.write(`${what}: ${renewed} secrets sealed again in ${written} of ${seen}\n`);
  if (unreadable === 0) return;
  const fate = forgetUnreadable ? "dropped" : "kept as they are; add their key to OH_PREVIOUS_SECRET_KEYS";
  process.stdout.write(`${what}: ${unreadable} secrets that no key opens, ${fate}\n`);
  for (const name of unreadableIn) process.stdout.write(`  ${name}\n`);
}
