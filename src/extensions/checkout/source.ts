import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import type { WorkspaceInfo } from "../../workspace/workspace.ts";
import { SourceError } from "./source-error.ts";

/** Where an extension lies, as a user writes it. */
export interface SourceText {
  /** `github:owner/repo[/folder]`, the URL of a git repository, or a path on the machine. */
  source: string;
  /** Branch, tag or commit. null: the default branch. Means nothing for a path. */
  ref: string | null;
  /** Folder within the repository or below the path. null: the whole. */
  repoPath: string | null;
}

/** A source in its parts. */
export type Source =
  | { readonly kind: "path"; readonly path: string; readonly repoPath: string | null }
  | {
      readonly kind: "git";
      /** Without credentials, so that it may be logged and names the same cache for everyone. */
      readonly url: string;
      /** The user name and password that the URL had, decoded. */
      readonly credentials: Credentials | null;
      readonly ref: string | null;
      readonly repoPath: string | null;
    };

/** A user name and a password. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const GITHUB = "github:";
const SSH = /^[\w.-]+@[\w.-]+:/;
const WEB = /^https?:\/\//;
const OTHER_URLS = ["git://", "file://", "ssh://"];
/** No program takes it from there, and every user of the machine could see it. */
const USELESS_PASSWORD = /^(?:git|ssh):\/\/[^/]*:[^/]*@/;
/** Nothing but placeholders of secrets, without defaults. */
const PLACEHOLDERS = /^(?:\$\{[a-zA-Z_][a-zA-Z0-9_]*\})+$/;
const MAX_NAME = 32;

/**
 * Reads a source. Relative paths start where the machine works.
 *
 * @throws SourceError `invalid_source`
 */
export function readSource({ source, ref, repoPath }: SourceText, machine: WorkspaceInfo): Source {
  const text = source.trim();
  if (text.includes("\0")) throw invalid("A source has no zero character.");
  if (text.startsWith(GITHUB)) return fromGithub(text, { ref, repoPath });
  if (WEB.test(text)) return { kind: "git", ...splitCredentials(text), ref, repoPath };
  if (USELESS_PASSWORD.test(text)) throw invalid("An address of SSH or git has no password.");
  if (SSH.test(text) || OTHER_URLS.some((start) => text.startsWith(start)))
    return { kind: "git", url: text, credentials: null, ref, repoPath };
  if (isPath(text)) return { kind: "path", path: absolute(text, machine), repoPath };
  throw invalid("Invalid plugin source.");
}

/** A source with the credentials in its URL masked. Placeholders of secrets stay, and the user of such a password. */
export function maskSource(source: string): string {
  return source.replace(/^(\s*https?:\/\/)([^/]+)@/, (whole, scheme: string, credentials: string) => {
    const [user = "", ...rest] = credentials.split(":");
    const password = rest.length === 0 ? user : rest.join(":");
    if (PLACEHOLDERS.test(password)) return whole;
    return `${scheme}${PLACEHOLDERS.test(user) ? `${user}:` : ""}****@`;
  });
}

/** The name of a repository, for people: letters, digits, `-` and `_`, at most 32. */
export function repositoryName(url: string): string {
  const path = url.replace(/^(https?|git|file|ssh):\/\//, "").replace(/^[^/@]*@[^/:]*:/, "");
  const last =
    path
      .replace(/\/+$/, "")
      .replace(/\.git$/, "")
      .split("/")
      .at(-1) ?? "";
  const name = last
    .replaceAll(/[^a-zA-Z0-9_-]+/g, "-")
    .replaceAll(/-+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return name.slice(0, MAX_NAME) || "repo";
}

function fromGithub(
  text: string,
  { ref, repoPath }: { ref: string | null; repoPath: string | null },
): Source {
  const [owner = "", named = "", ...folders] = text.slice(GITHUB.length).split("/");
  // Catalogues of the reference write a ref behind the repository.
  const [repo = "", ownRef] = named.split("@");
  if (owner === "" || repo === "")
    throw invalid(`Invalid GitHub source: ${text}. It has the form github:owner/repo[/path]`);
  const folder = folders.join("/").replaceAll(/^\/+|\/+$/g, "") || null;
  if (folder !== null && repoPath)
    throw invalid(`${text} already names a folder; repo_path cannot name another`);
  const url = `https://github.com/${owner}/${repo}.git`;
  return { kind: "git", url, credentials: null, ref: ref ?? (ownRef || null), repoPath: folder ?? repoPath };
}

/** A password in a URL would be seen by every user of the machine that lists its processes. */
function splitCredentials(text: string): { url: string; credentials: Credentials | null } {
  const [whole, scheme = "", userinfo, rest = ""] = /^(https?:\/\/)(?:([^/@]*)@)?(.*)$/s.exec(text) ?? [];
  if (whole === undefined || rest === "" || rest.startsWith("/")) throw invalid("The URL has no host.");
  const url = withSuffix(`${scheme}${rest}`);
  if (!URL.canParse(url)) throw invalid("The source is not a valid URL.");
  if (userinfo === undefined) return { url, credentials: null };
  const [user = "", ...password] = userinfo.split(":");
  return { url, credentials: { user: decoded(user), password: decoded(password.join(":")) } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Azure DevOps has no repository under the name with the suffix. */
function withSuffix(url: string): string {
  if (url.endsWith(".git")) return url;
  const bare = url.replace(/\/+$/, "");
  return bare.includes("/_git/") ? bare : `${bare}.git`;
}

function isPath(text: string): boolean {
  if (text.startsWith("~") || text.startsWith(".")) return true;
  return text.includes("/") && !text.includes("://");
}

function absolute(text: string, { home, workingDir }: WorkspaceInfo): string {
  if (text === "~" || text.startsWith("~/")) return joinPath(home, text.slice(1));
  return isAbsolutePath(text) ? joinPath(text) : joinPath(workingDir, text);
}

function invalid(message: string): SourceError {
  return new SourceError("invalid_source", message);
}
