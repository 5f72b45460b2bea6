import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { queryInt } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import { commitSha, gitChange, gitCommitsPage, gitDiff } from "../../wire/machine/git.ts";
import { type Changes, listChanges, listCommitChanges } from "../../workspace/git/changes.ts";
import { listCommits } from "../../workspace/git/commits.ts";
import { type DiffSides, diffFile } from "../../workspace/git/file-diff.ts";
import { refused } from "../conversation-params.ts";
import { type MachineScope, machineGroup, queryPath } from "./machine-scope.ts";

const folderQuery = z.object({ path: z.string().describe("A folder in a repository, or of repositories") });
const ref = z
  .string()
  .optional()
  .describe("Commit to compare with. Default: where the work of the branch began");
const changes = {
  200: {
    description: "Sorted by path. The header `X-Truncated: true` says that there are more",
    body: z.array(gitChange),
  },
  400: refused,
} as const;

/** `…/git`: what changed in the repositories of a machine. No route writes to one or asks a remote. */
export function gitRoutes(scope: MachineScope): Route[] {
  const gitRoute = machineGroup(scope, "git", "Git");
  return [
    gitRoute({
      method: "GET",
      path: "/changes",
      id: "git_changes_query",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "List the files that changed, new ones included",
      query: folderQuery.extend({ ref }),
      responses: changes,
    }).handle(({ params, query }) =>
      scope.use(params, async (place) =>
        changesAnswer(await listChanges(place.workspace, await queryPath(place, query.path), query.ref)),
      ),
    ),

    gitRoute({
      method: "GET",
      path: "/diff",
      id: "git_diff_query",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "Get a file before and after",
      query: z.object({
        path: z.string().describe("A file, which may be deleted"),
        ref,
        commit: commitSha.optional().describe("Show what this commit changed. Not together with `ref`"),
      }),
      responses: {
        200: { description: "Both texts, null outside a repository", body: gitDiff },
        400: refused,
      },
    }).handle(({ params, query }) =>
      scope.use(params, async (place) => {
        const path = await queryPath(place, query.path);
        return { status: 200, body: await diffFile(place.workspace, path, sidesOf(query)) };
      }),
    ),

    gitRoute({
      method: "GET",
      path: "/commits",
      id: "git_commits_query",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "List the newest commits",
      query: folderQuery.extend({ limit: queryInt({ min: 1, max: 200 }).default(50) }),
      responses: { 200: { description: "Newest first", body: gitCommitsPage }, 400: refused },
    }).handle(({ params, query }) =>
      scope.use(params, async (place) => {
        const path = await queryPath(place, query.path);
        return { status: 200, body: await listCommits(place.workspace, path, query.limit) };
      }),
    ),

    gitRoute({
      method: "GET",
      path: "/commits/{sha}/changes",
      id: "git_commit_changes_query",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "List the files that a commit changed",
      params: z.object({ sha: commitSha }),
      query: folderQuery,
      responses: changes,
    }).handle(({ params, query }) =>
      scope.use(params, async (place) =>
        changesAnswer(
          await listCommitChanges(place.workspace, await queryPath(place, query.path), params.sha),
        ),
      ),
    ),
  ];
}

function sidesOf({ ref, commit }: { ref?: string | undefined; commit?: string | undefined }): DiffSides {
  if (commit === undefined) return { ref };
  if (ref === undefined) return { commit };
  throw new AgentServerError("bad_request", "'ref' and 'commit' are mutually exclusive");
}

function changesAnswer({ changes: body, truncated }: Changes) {
  const headers: Record<string, string> = truncated ? { "x-truncated": "true" } : {};
  return { status: 200 as const, body, headers };
}
