import { z } from "zod";

/** One changed file. `MOVED` is known to clients; a rename is sent as DELETED and ADDED. */
export const gitChange = z
  .object({
    status: z.enum(["MOVED", "ADDED", "DELETED", "UPDATED"]).meta({ id: "GitChangeStatus" }),
    path: z.string().describe("Path with `/` between its parts"),
  })
  .meta({ id: "GitChange" });

/** A whole file on both sides of a change. */
export const gitDiff = z
  .object({ modified: z.string().nullable(), original: z.string().nullable() })
  .meta({ id: "GitDiff" });

const gitCommit = z
  .object({
    sha: z.string(),
    short_sha: z.string(),
    subject: z.string(),
    author: z.string(),
    timestamp: z.string().describe("Date of the author in ISO form, with its offset"),
  })
  .meta({ id: "GitCommit" });

/** The newest commits of a branch. */
export const gitCommitsPage = z
  .object({ commits: z.array(gitCommit), has_more: z.boolean() })
  .meta({ id: "GitCommitsPage" });

/** An object name or the beginning of one. Nothing else can reach git as an argument. */
export const commitSha = z.string().regex(/^[0-9a-fA-F]{4,64}$/);
