import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Which folders and files of src a folder may import, beside itself and the files that everybody may use. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  wire: [],
  stores: ["wire"],
  secrets: ["wire", "tools"],
  events: ["wire", "stores"],
  llm: ["wire"],
  workspace: [],
  tools: ["wire", "llm", "workspace"],
  agent: ["wire", "llm", "tools"],
  conversations: ["wire", "agent", "events", "llm", "tools", "secrets", "stores", "http"],
  http: ["wire", "secrets"],
  routes: ["wire", "http", "conversations"],
  node: ["http"],
  configuration: ["options.ts"],
};

/** Files directly below src that every folder may import. */
const SHARED = ["errors.ts", "logger.ts", "clock.ts"];

/** What is built on top of the composition root, which may import everything, may do so too. */
const UNBOUND_FOLDERS = ["cli", "testing"];

/** Where Node's own modules may be named. */
const NODE_MODULES_ALLOWED =
  /^(node|workspace|cli|testing)\/|^stores\/sqlite-|^secrets\/(cipher|key-digest)|^server\.ts$/;

interface Import {
  from: string;
  to: string;
}

const imports = files("src").flatMap(importsOf);

describe("directions of import", () => {
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${folder} imports only ${["itself", ...allowed].join(", ")}`, () => {
      const wrong = imports.filter(({ from, to }) => folderOf(from) === folder && isWrong(folder, to));
      expect(wrong).toEqual([]);
    });
  }

  it("every folder of src has a rule", () => {
    const folders = new Set(
      files("src")
        .map(folderOf)
        .filter((folder) => folder !== ""),
    );
    expect(
      [...folders].filter((folder) => !(folder in MAY_IMPORT) && !UNBOUND_FOLDERS.includes(folder)),
    ).toEqual([]);
  });

  it("files that everybody may import import nothing", () => {
    expect(imports.filter(({ from }) => SHARED.includes(from))).toEqual([]);
  });
});

describe("siblings do not see each other", () => {
  it("no store imports another store", () => {
    const shared = ["stores/store.ts", "stores/refusals.ts"];
    const stores = imports.filter(({ from, to }) => folderOf(from) === "stores" && folderOf(to) === "stores");
    expect(stores.filter(({ from, to }) => family(from) !== family(to) && !shared.includes(to))).toEqual([]);
  });

  it("no tool imports another tool", () => {
    const tools = imports.filter(({ from, to }) => inToolFolder(from) && inToolFolder(to));
    expect(tools.filter(({ from, to }) => dirname(from) !== dirname(to))).toEqual([]);
  });

  it("no provider protocol imports another", () => {
    const provider = /^llm\/(anthropic|openai-chat|openai-responses)/;
    const between = imports.filter(({ from, to }) => provider.test(from) && provider.test(to));
    expect(between.filter(({ from, to }) => from.match(provider)?.[0] !== to.match(provider)?.[0])).toEqual(
      [],
    );
  });
});

it("Node's own modules are named only at the doors to the machine", () => {
  const named = files("src").filter((file) => /from "node:|import\("node:/.test(read(`src/${file}`)));
  expect(named.filter((file) => !NODE_MODULES_ALLOWED.test(file))).toEqual([]);
});

it("wire needs zod and nothing else", () => {
  const packages = files("src")
    .filter((file) => folderOf(file) === "wire")
    .flatMap(packagesOf);
  expect([...new Set(packages)]).toEqual(["zod"]);
});

it("provider SDKs, terminals and other heavy packages are imported when first used", () => {
  const heavy =
    /^import (?!type).* from "(openai|@anthropic-ai\/sdk|@lydell\/node-pty|@xterm\/headless)[^"]*"/m;
  expect(files("src").filter((file) => heavy.test(read(`src/${file}`)))).toEqual([]);
});

it("adapters import public entries only", () => {
  const paths = files("adapters").flatMap((file) => specifiers(read(`adapters/${file}`)));
  expect(paths.filter((path) => path.startsWith("."))).toEqual([]);
});

it("adapters stay translations", () => {
  const long = files("adapters").filter((file) => read(`adapters/${file}`).split("\n").length > 50);
  expect(long).toEqual([]);
});

function isWrong(folder: string, to: string): boolean {
  const target = folderOf(to);
  if (target === folder) return false;
  if (SHARED.includes(to)) return false;
  return !(MAY_IMPORT[folder] ?? []).includes(target === "" ? to : target);
}

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function specifiers(source: string): string[] {
  return [...source.matchAll(/(?:from|import\() ?"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function importsOf(file: string): Import[] {
  const relatives = specifiers(read(`src/${file}`)).filter((path) => path.startsWith("."));
  return relatives.map((path) => ({
    from: file,
    to: relative(join(root, "src"), join(root, "src", dirname(file), path)),
  }));
}

function packagesOf(file: string): string[] {
  return specifiers(read(`src/${file}`)).filter((path) => !path.startsWith("."));
}

function folderOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

function family(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.ts$/, "").split("-")[0] ?? "";
}

function inToolFolder(file: string): boolean {
  return /^tools\/[^/]+\//.test(file);
}
