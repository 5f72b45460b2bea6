import type { Skill } from "../../wire/agent/skill.ts";
import { Git } from "../../workspace/git/git.ts";
import { joinPath, nameOf, parentOf } from "../../workspace/paths.ts";
import { placeIn } from "../confined-place.ts";
import {
  type ExtensionPlace,
  entriesOf,
  orSkip,
  projectFolders,
  projectRoots,
  readText,
  tellOfBound,
} from "../place.ts";
import { folderRule, readSkill, THIRD_PARTY_NAMES } from "./read-skill.ts";
import { firstOfName, skillsOfFolders } from "./skill-folders.ts";

/** Bounds of the search for files of other agents below a project. */
const MAX_RULES = 200;
const MAX_FOLDERS = 2_000;
const GIT_TIMEOUT = 10_000;

/**
 * Reads the skills of a project: the files of other agents at its top and at the top of its repository, those of its
 * folders as rules of these, then its own folders of skills. Links are followed within the repository only.
 */
export async function projectSkills(everywhere: ExtensionPlace, projectDir: string): Promise<Skill[]> {
  const roots = await projectRoots(everywhere, projectDir);
  const [folder = projectDir] = roots;
  const place = await placeIn(everywhere, roots.at(-1) ?? folder);
  const atTop: Skill[] = [];
  for (const root of roots) atTop.push(...(await filesAtTop(place, root)));
  const folders = roots.flatMap((root) => [
    ...projectFolders(root, "skills"),
    joinPath(root, ".openhands", "microagents"),
  ]);
  return firstOfName([
    ...atTop,
    ...(await rulesBelow(place, folder)),
    ...(await skillsOfFolders(place, folders)),
  ]);
}

/** Two names of one file count once, as do two spellings of one name. */
async function filesAtTop(place: ExtensionPlace, root: string): Promise<Skill[]> {
  const known = (await entriesOf(place, root)).filter(
    ({ name, type }) => type !== "directory" && isKnown(name),
  );
  const seen = new Set<string>();
  const skills: Skill[] = [];
  for (const { name } of known) {
    const path = joinPath(root, name);
    const real = await place.workspace.files.realPath(path);
    if (seen.has(name.toLowerCase()) || seen.has(real)) continue;
    seen.add(name.toLowerCase()).add(real);
    const one = await orSkip(place, path, async () => readSkill(await textOf(place, path), { path, name }));
    if (one !== null) skills.push(one);
  }
  return skills;
}

async function textOf(place: ExtensionPlace, path: string): Promise<string> {
  const text = await readText(place, path);
  if (text === null) throw new Error("it is larger than 1 MiB, or leads to a file elsewhere");
  return text;
}

async function rulesBelow(place: ExtensionPlace, folder: string): Promise<Skill[]> {
  const paths = ((await trackedFiles(place, folder)) ?? (await walkedFiles(place, folder)))
    .filter((path) => path.includes("/") && isKnown(nameOf(path)))
    .sort((one, other) => (parentOf(one) < parentOf(other) ? -1 : 1));
  if (paths.length > MAX_RULES) tellOfBound(place, folder, `${MAX_RULES} files of other agents`);
  const seen = new Set<string>();
  const rules: Skill[] = [];
  for (const path of paths.slice(0, MAX_RULES)) {
    const full = joinPath(folder, path);
    const real = await place.workspace.files.realPath(full);
    if (seen.has(real)) continue;
    seen.add(real);
    const rule = await orSkip(place, full, async () => {
      // Deleted files may still be listed.
      if ((await place.workspace.files.stat(full)) === null) return null;
      return folderRule(await textOf(place, full), full, parentOf(path));
    });
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

/** null where the folder is in no repository. */
async function trackedFiles({ workspace }: ExtensionPlace, folder: string): Promise<string[] | null> {
  if ((await workspace.files.stat(folder).catch(() => null))?.type !== "directory") return [];
  const names = Object.keys(THIRD_PARTY_NAMES).map((name) => `:(icase,glob)**/${name}`);
  const { exitCode, stdout } = await new Git(workspace, folder)
    .try(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...names], {
      timeout: GIT_TIMEOUT,
      magic: true,
    })
    .catch(() => ({ exitCode: 1, stdout: "" }));
  return exitCode === 0 ? stdout.split("\0").filter((path) => path !== "") : null;
}

async function walkedFiles(place: ExtensionPlace, folder: string): Promise<string[]> {
  const files: string[] = [];
  const left = [""];
  for (let visited = 0; left.length > 0; visited++) {
    if (visited === MAX_FOLDERS) {
      tellOfBound(place, folder, `${MAX_FOLDERS} folders`);
      break;
    }
    const below = left.shift() ?? "";
    for (const { name, type, isLink } of await entriesOf(place, joinPath(folder, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (type === "file" && isKnown(name)) files.push(path);
      if (type === "directory" && !isLink && !name.startsWith(".") && name !== "node_modules")
        left.push(path);
    }
  }
  return files;
}

function isKnown(name: string): boolean {
  return Object.hasOwn(THIRD_PARTY_NAMES, name.toLowerCase());
}
