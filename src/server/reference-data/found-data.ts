import { join } from "node:path";
import type { FoundData } from "../../conversations/import/imports.ts";
import { toHex } from "../../wire/ids.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { hasEnded } from "./has-ended.ts";

/** Where the reference's conversations lie, if they are not to be left alone, and how one is brought here. */
export function foundData({
  dataFolder,
  referenceData,
}: Pick<ResolvedOptions, "dataFolder" | "referenceData">): FoundData {
  return {
    folder: referenceData === false ? undefined : dataFolder,
    hasEnded,
    async keepFiles(id, folder) {
      const { copyKeptFiles } = await import("./copy-kept-files.ts");
      return copyKeptFiles(folder, join(dataFolder, toHex(id)));
    },
  };
}
