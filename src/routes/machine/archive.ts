import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { bytes } from "../../http/content/bytes.ts";
import { attachment } from "../../http/content/disposition.ts";
import { queryBool, queryList } from "../../http/route/query.ts";
import type { Route } from "../../http/route/route.ts";
import { errorBody } from "../../wire/validation-error.ts";
import type { Excludes } from "../../workspace/archive/exclude-pattern.ts";
import { isRepository } from "../../workspace/git/changes.ts";
import { exportBase } from "../../workspace/git/export-base.ts";
import { Git } from "../../workspace/git/git.ts";
import { type RepositoryFacts, repositoryFacts } from "../../workspace/git/repository-facts.ts";
import { nameOf } from "../../workspace/paths.ts";
import type { Place } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { refused } from "../conversation-params.ts";
import { absolutePath, type MachineScope, machineGroup } from "./machine-scope.ts";
import { answerWhileMade, type MadeBody } from "./made-body.ts";
import { statOrNull } from "./place-files.ts";

/** Patterns that most archives do without: files that can be made again, and the repository itself. */
const DEFAULT_EXCLUDES = [
  ...[".git/", "node_modules/", ".venv/", "venv/", "__pycache__/", ".mypy_cache/", ".pytest_cache/"],
  ...[".ruff_cache/", "dist/", "build/", ".next/", "target/", "*.pyc"],
];

const archiveQuery = z.object({
  path: z.string().describe("Absolute path of a folder. One with a single repository in it stands for that"),
  format: z
    .enum(["git-delta", "tar.gz"])
    .default("git-delta")
    .describe("A patch of what changed in a repository, or the files"),
  base_ref: z
    .string()
    .optional()
    .describe("Commit to make the patch against. Default: what `origin` has of the branch, else everything"),
  use_default_excludes: queryBool()
    .default(true)
    .describe("Leave out dependencies, caches, build output and `.git`"),
  exclude: queryList(z.string())
    .optional()
    .describe("Patterns like those of .gitignore that are left out, too"),
});

type ArchiveQuery = z.output<typeof archiveQuery>;

/** A folder that is archived. */
interface Wanted {
  workspace: Workspace;
  /** Absolute real path. */
  folder: string;
  /** In the folder. */
  git: Git;
  excludes: Excludes;
  patterns: readonly string[];
}

/** `…/file/archive`: a folder, or what changed in it, made while it is sent. */
export function archiveRoutes(scope: MachineScope): Route[] {
  const fileRoute = machineGroup(scope, "file", "Files");
  return [
    fileRoute({
      method: "GET",
      path: "/archive",
      id: "archive_directory",
      access: scope.access("read"),
      runsOn: "owner",
      summary: "Get what changed in a repository as a patch, or the files of a folder as a tar.gz",
      query: archiveQuery,
      responses: {
        200: bytes("application/octet-stream", "The archive. Headers `X-Archive-…` say where it is from"),
        400: refused,
        404: { description: "There is no such folder", body: errorBody },
      },
    }).handle(({ params, query, request }) =>
      answerWhileMade(scope, params, async (place) => {
        const wanted = await wantedFolder(place, query);
        if (query.format === "tar.gz") return tarBody(wanted);
        return deltaBody(wanted, { baseRef: query.base_ref, signal: request.signal });
      }),
    ),
  ];
}

async function wantedFolder(place: Place, query: ArchiveQuery): Promise<Wanted> {
  const { workspace } = place;
  const path = await absolutePath(place, query.path);
  const status = await statOrNull(workspace, path);
  if (status === null) throw new AgentServerError("not_found", "Directory not found");
  if (status.type !== "directory") throw refusal("Path is not a directory");
  if (query.base_ref?.startsWith("-")) throw refusal("base_ref must not start with '-'");
  const patterns = [...(query.use_default_excludes ? DEFAULT_EXCLUDES : []), ...(query.exclude ?? [])];
  const { readExcludes } = await import("../../workspace/archive/exclude-pattern.ts");
  const { repositoryRoot } = await import("../../workspace/archive/repository-root.ts");
  const excludes = await readExcludes(patterns);
  const folder = await repositoryRoot(workspace.files, path);
  return { workspace, folder, git: new Git(workspace, folder), excludes, patterns };
}

async function tarBody(wanted: Wanted): Promise<MadeBody> {
  const { assertArchivable, tarGz } = await import("../../workspace/archive/tar-gz.ts");
  await assertArchivable(wanted);
  const headers = await headersOf(wanted, { type: "application/gzip", extension: ".tar.gz" });
  return { pieces: tarGz(wanted), headers };
}

async function deltaBody(
  wanted: Wanted,
  { baseRef, signal }: { baseRef: string | undefined; signal: AbortSignal },
): Promise<MadeBody> {
  const { git } = wanted;
  if (!(await isRepository(git))) throw refusal(`Not a git repository: ${wanted.folder}`);
  const { tree, commit } = await exportBase(git, baseRef);
  const { gitDelta } = await import("../../workspace/archive/git-delta.ts");
  const headers = await headersOf(wanted, { type: "text/x-patch", extension: ".patch" });
  if (commit !== undefined) {
    headers["x-archive-base-commit"] = commit;
    headers["x-archive-base-ref"] = printable(baseRef ?? "auto");
  }
  return { pieces: gitDelta({ ...wanted, base: tree, signal }), headers };
}

async function headersOf(
  { workspace, folder, git }: Wanted,
  { type, extension }: { type: string; extension: string },
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    "content-type": type,
    "content-disposition": attachment(`${nameOf(folder) || "root"}${extension}`),
  };
  const { isRoot } = await import("../../workspace/archive/repository-root.ts");
  if (!(await isRoot(workspace.files, folder))) return headers;
  // An archive of files is worth more than what is known about them.
  const { remote, branch, head } = await repositoryFacts(git).catch((): RepositoryFacts => ({}));
  if (remote) headers["x-archive-repo-remote"] = encoded(remote);
  if (branch) headers["x-archive-branch"] = encoded(branch);
  if (head) headers["x-archive-head-commit"] = encoded(head);
  headers["x-archive-repo-root"] = encoded(folder);
  return headers;
}

/** Encodes everything but letters, digits and `_.-~`, as the reference does. */
function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, percent);
}

/** Encodes what no header can hold. */
function printable(value: string): string {
  return value.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function refusal(detail: string): AgentServerError {
  return new AgentServerError("bad_request", detail);
}
