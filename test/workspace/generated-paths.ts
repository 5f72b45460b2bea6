import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";

/** What no path may bring out. */
export const SECRET = "the secret outside";

/** One thing below the root: `target` is that of a link, where `@` stands for the folder above the root. */
interface Entry {
  readonly kind: "file" | "folder" | "link";
  readonly name: string;
  readonly target: string;
}

const part = fc.constantFrom("a", "b", "c", "..", "..", ".", "", "..a", "a b", "inside", "outside", "secret");

/** Relative paths with dots, doubled and final slashes, and names that may be links. */
export const relativePath = fc
  .oneof(fc.tuple(fc.constantFrom("a", "b", "c")), fc.array(part, { maxLength: 7 }))
  .map((parts) => parts.join("/"));

const target = fc.oneof(
  relativePath,
  relativePath.map((path) => `@/${path}`),
  fc.constantFrom("/", "@", "@/outside", "../outside/secret"),
  // To nothing: what is made there must not lie outside.
  fc.constantFrom("@/outside/new", "../outside/new", "@/inside-too/x"),
);

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom("file", "folder", "link", "link", "link"),
  name: fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/")),
  target,
});

/** A file that every tree has, so that some paths lead to one. */
const FILE: Entry = { kind: "file", name: "a", target: "" };

/** A tree below the root, made in this order; what does not fit the rest is left out. */
export const tree = fc
  .tuple(fc.array(entry, { maxLength: 3 }), fc.array(entry, { maxLength: 6 }))
  .map(([first, last]) => [...first, FILE, ...last]);

/** Paths as requests bring them, where `@` stands for the folder above the root. */
export const requestedPath = fc.oneof(
  { weight: 4, arbitrary: relativePath.map((path) => `@/inside/${path}`) },
  { weight: 1, arbitrary: relativePath.map((path) => `@/${path}`) },
);

export interface Ground extends AsyncDisposable {
  /** The root; `inside-too` and `outside` lie beside it. */
  readonly root: string;
  /** A path for `@`. */
  at(path: string): string;
  /** Everything that lies beside the root, with its contents. */
  outside(): Promise<Record<string, string>>;
}

/** Makes a tree in a folder, which must hold nothing that is needed. Default: a new one. */
export async function makeGround(entries: readonly Entry[], given?: string): Promise<Ground> {
  const folder = given ?? (await realpath(await mkdtemp(join(tmpdir(), "agent-server-test-"))));
  if (given !== undefined) await rm(folder, { recursive: true, force: true });
  const at = (path: string) => path.replace(/^@/, folder);
  for (const name of ["inside", "inside-too", "outside/a/b"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, "outside/secret"), SECRET);
  for (const { kind, name, target } of entries) {
    await make(join(folder, "inside", name), kind, at(target)).catch(() => {});
  }
  return {
    root: join(folder, "inside"),
    at,
    outside: () => outsideOf(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Nothing is made behind a link: the tree itself lies inside. */
async function make(path: string, kind: Entry["kind"], target: string): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  if ((await realpath(parent)) !== parent) return;
  if (kind === "link") return symlink(target, path);
  if (kind === "folder") await mkdir(path);
  else await writeFile(path, "inside", { flag: "wx" });
}

async function outsideOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(join(folder, "inside/"))) continue;
    found[path] = entry.isFile() ? await readFile(path, "utf8") : "";
  }
  return found;
}
