import { join, resolve } from "node:path";
import { absolutePath } from "../../absolute-path.ts";
import { importConversation } from "../../conversations/import/import-conversation.ts";
import { AgentServerError } from "../../errors.ts";
import { silentLogger } from "../../logger.ts";
import { createRotatingCipher } from "../../secrets/cipher.ts";
import { copyKeptFiles } from "../../server/reference-data/copy-kept-files.ts";
import { hasEnded } from "../../server/reference-data/has-ended.ts";
import { userFolder } from "../../server/user-folder.ts";
import { Documents } from "../../settings/documents/documents.ts";
import { hasInstalled } from "../../settings/import/data-folder.ts";
import { importDocuments } from "../../settings/import/import-documents.ts";
import { toHex } from "../../wire/ids.ts";
import { localFiles } from "../../workspace/local/local-files.ts";
import type { DataArguments } from "../arguments/parse-store.ts";
import { readConfiguration } from "../read-configuration.ts";
import { openOrCreate } from "../store/command-store.ts";
import { findSources, type ImportSources } from "./find-sources.ts";
import { ImportReport } from "./import-report.ts";
import { ProgressBar } from "./progress-bar.ts";

export interface ImportArguments extends DataArguments {
  /** Data folders of the reference: of its conversations, its settings, or both. */
  folders: readonly string[];
}

/**
 * Imports everything of the reference's data that is not here yet. The server that uses the database must be stopped.
 * The exit code is 1 when a file could not be read or a secret not be opened.
 */
export async function importData({ folders, data, store: place }: ImportArguments): Promise<void> {
  const sources = await allSources(folders);
  const { options } = await readConfiguration();
  const { secretKey, previousSecretKeys = [] } = options;
  const cipher =
    secretKey === undefined ? undefined : createRotatingCipher({ secretKey, previousSecretKeys });
  const home = absolutePath(data ?? options.conversationsPath ?? "workspace/conversations");
  const store = await openOrCreate({ home, store: place });
  const report = new ImportReport();
  const bar = new ProgressBar(process.stderr, sources.conversations.length);
  try {
    const documents = new Documents({ store: store.documents, cipher, logger: silentLogger });
    for (const folder of sources.dataFolders) {
      for await (const document of importDocuments({ files: localFiles, documents, folder })) {
        report.addDocument(document);
      }
    }
    const userDir = userFolder(options.userDir ?? "~/.openhands", silentLogger);
    for (const folder of sources.dataFolders) {
      if (await hasInstalled(localFiles, folder))
        report.addInstalled(folder, { isFound: folder === userDir });
    }
    for (const folder of sources.conversations) {
      report.addConversation(
        await importConversation(folder, {
          store,
          files: localFiles,
          cipher,
          now: Date.now,
          hasEnded,
          ownFolder: (id) => join(home, toHex(id)),
          keepFiles: (id, from) => copyKeptFiles(from, join(home, toHex(id))),
          onEvents: (count) => bar.addEvents(count),
        }),
      );
      bar.step();
    }
  } finally {
    bar.end();
    await store.close();
  }
  process.stdout.write(report.text());
  if (!report.isWhole) process.exitCode = 1;
}

/** A conversation or a folder that is found twice counts once. */
async function allSources(folders: readonly string[]): Promise<ImportSources> {
  const conversations = new Map<string, ImportSources["conversations"][number]>();
  const dataFolders = new Set<string>();
  for (const folder of folders) {
    const found = await findSources(localFiles, resolve(folder));
    if (found.conversations.length + found.dataFolders.length === 0) throw nothingIn(folder);
    for (const each of found.conversations) conversations.set(each.folder, each);
    for (const each of found.dataFolders) dataFolders.add(each);
  }
  return { conversations: [...conversations.values()], dataFolders: [...dataFolders] };
}

function nothingIn(folder: string): AgentServerError {
  return new AgentServerError(
    "not_found",
    `${folder} holds no data of an OpenHands agent server: neither folders of conversations (<32 hex digits>/meta.json, ` +
      "also below conversations/ and workspace/conversations/) nor settings.json, secrets.json or profiles/",
  );
}
