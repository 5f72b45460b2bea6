import { z } from "zod";

/** The answer to an upload. */
export const fileUploadResult = z
  .object({ success: z.boolean(), file_size: z.int().describe("Bytes") })
  .meta({ id: "FileUploadResult" });

const subdirectoryEntry = z
  .object({ name: z.string(), path: z.string().describe("Absolute path") })
  .meta({ id: "SubdirectoryEntry" });

/** A page of the folders in a folder. */
export const subdirectoryPage = z
  .object({ items: z.array(subdirectoryEntry), next_page_id: z.string().nullable() })
  .meta({ id: "SubdirectoryPage" });

const fileBrowserEntry = z
  .object({ label: z.string(), path: z.string().describe("Absolute path") })
  .meta({ id: "FileBrowserEntry" });

/** Places to begin a search for a folder. */
export const homeResponse = z
  .object({
    home: z.string(),
    favorites: z.array(fileBrowserEntry),
    locations: z.array(fileBrowserEntry),
  })
  .meta({ id: "HomeResponse" });
