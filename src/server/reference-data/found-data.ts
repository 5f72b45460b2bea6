import { resolve } from "node:path";
import type { FoundData } from "../../conversations/import/imports.ts";
import { toHex } from "../../wire/ids.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { hasEnded } from "./has-ended.ts";

/** Where the reference's conversations lie, if they are not to be left alone, and how one is brought here. */
export function foundData({
  conversationsPath,
  referenceData,
}: Pick<ResolvedOptions, "conversationsPath" | "referenceData">): FoundData {
  return {
    folder: referenceData === false ? undefined : resolve(conversationsPath),
    hasEnded,
    async keepFiles(id, folder) {
      const { copyKeptFiles } = await import("./copy-kept-files.ts");
      return copyKeptFiles(folder, resolve(conversationsPath, toHex(id)));
    },
  };
}
