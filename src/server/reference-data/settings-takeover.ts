import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { once } from "../../once.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { isDataFolder } from "../../settings/import/data-folder.ts";
import { wasTakenOver } from "../../settings/import/takeover-note.ts";
import type { DocumentStore } from "../../stores/documents.ts";
import { localFiles } from "../../workspace/local/local-files.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { userFolder } from "../user-folder.ts";

export interface SettingsTakeover {
  /** The documents of the store. Reading and writing them waits for the takeover. */
  store: DocumentStore;
  /** Begins the takeover, unless it has begun. Never rejects. */
  begin(): Promise<void>;
}

/**
 * The takeover of the reference's settings into a store. It begins with the first use of the documents at the latest.
 */
export function settingsTakeover(
  options: ResolvedOptions,
  { store, cipher }: { store: DocumentStore; cipher: Cipher | undefined },
): SettingsTakeover {
  const { logger } = options;
  const folders = foldersOf(options);
  if (folders.length === 0) return { store, begin: async () => {} };
  const begin = once(async () => {
    try {
      for (const folder of folders) {
        if (!(await isDataFolder(localFiles, folder)) || (await wasTakenOver(store, folder))) continue;
        const { takeOver } = await import("../../settings/import/take-over.ts");
        await takeOver({ folder, files: localFiles, store, cipher, logger });
      }
    } catch (error) {
      logger.error({ error: messageOf(error) }, "Settings of the reference cannot be taken over");
    }
  });
  return { store: after(begin, store), begin };
}

/**
 * Where the reference had no folder of its user set, its list of workspaces lies next to the conversations, and so did
 * the rest in old versions: both places are looked at.
 */
function foldersOf({ referenceData, userDir, dataFolder, logger }: ResolvedOptions): string[] {
  if (referenceData === false || referenceData.settings === null) return [];
  const settings = userFolder(referenceData.settings ?? userDir, logger);
  return [...(settings === undefined ? [] : [settings]), join(dirname(dataFolder), ".openhands")];
}

function after(first: () => Promise<void>, store: DocumentStore): DocumentStore {
  return {
    read: async (...asked) => {
      await first();
      return store.read(...asked);
    },
    list: async (kind) => {
      await first();
      return store.list(kind);
    },
    write: async (changes) => {
      await first();
      return store.write(changes);
    },
  };
}
