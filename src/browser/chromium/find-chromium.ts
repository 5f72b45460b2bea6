import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

export interface ChromiumSearch {
  /** The one program to look at. null for all known places. */
  program: string | null;
  /** Environment of the server: PATH, PLAYWRIGHT_BROWSERS_PATH and HOME are read. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Default: of this process. */
  platform?: NodeJS.Platform;
}

const STANDARD: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["Google Chrome", "Chromium", "Microsoft Edge"].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  ),
  linux: [
    ...["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"],
    ...["microsoft-edge", "microsoft-edge-stable"],
  ].map((name) => `/usr/bin/${name}`),
};

const NAMES = ["google-chrome", "chrome", "chromium", "chromium-browser", "microsoft-edge"];

/** Where Playwright puts the program inside of a browser's folder. */
const INSIDE: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    ...["chrome-mac-arm64", "chrome-mac"].map(
      (folder) => `${folder}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
    ),
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
  ],
  linux: ["chrome-linux64/chrome", "chrome-linux/chrome"],
};

/**
 * Finds an installed browser of the Chromium family: where systems have it, where Playwright has it, in the PATH. null
 * without one. A few looks at the disk, at the start of the server: whether there are browser tools is known from then
 * on.
 */
export function findChromium({
  program,
  environment,
  platform = process.platform,
}: ChromiumSearch): string | null {
  const places = program === null ? candidates(environment, platform) : [program];
  for (const place of places) if (isProgram(place)) return place;
  return null;
}

function* candidates(
  environment: ChromiumSearch["environment"],
  platform: NodeJS.Platform,
): Iterable<string> {
  yield* STANDARD[platform] ?? [];
  for (const folder of playwrightFolders(environment, platform)) yield* insideOf(folder, platform);
  // A relative folder in the PATH is passed over: an agent could put a program there.
  const folders = (environment.PATH ?? "").split(":").filter((folder) => isAbsolute(folder));
  for (const name of NAMES) for (const folder of folders) yield join(folder, name);
}

/** The variable's value "0" means the folder of a package, which is not the one of this server. */
function playwrightFolders(
  { PLAYWRIGHT_BROWSERS_PATH: named, HOME }: ChromiumSearch["environment"],
  platform: NodeJS.Platform,
): string[] {
  const home = HOME ?? homedir();
  const usual = platform === "darwin" ? "Library/Caches/ms-playwright" : ".cache/ms-playwright";
  const own = named === undefined || named === "" || named === "0" ? [] : [named.replace(/^~(?=\/|$)/, home)];
  return [...own, join(home, usual)];
}

/** The newest first: the number of a folder is that of its build. */
function insideOf(folder: string, platform: NodeJS.Platform): string[] {
  const builds = foldersIn(folder)
    .filter((name) => name.startsWith("chromium-"))
    .sort((one, other) => Number(other.slice(9)) - Number(one.slice(9)));
  return builds.flatMap((build) => (INSIDE[platform] ?? []).map((path) => join(folder, build, path)));
}

function foldersIn(folder: string): string[] {
  try {
    return isAbsolute(folder) ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
