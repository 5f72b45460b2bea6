import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Folders of src that a folder may import, beside itself and the shared files. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  wire: [],
  outbound: [],
  observing: [],
  telemetry: [],
  webhooks: ["wire", "stores", "events", "outbound"],
  workspace: ["outbound"],
  stores: ["wire"],
  secrets: ["wire", "outbound"],
  events: ["wire", "stores"],
  llm: ["wire", "outbound"],
  tools: ["wire", "llm", "secrets", "workspace"],
  agent: ["wire", "events", "llm", "tools"],
  browser: ["tools", "workspace", "outbound"],
  mcp: ["wire", "tools", "secrets", "workspace", "outbound"],
  acp: ["wire", "agent", "llm", "tools", "mcp", "secrets", "workspace"],
  timeline: [],
  limits: ["stores", "secrets"],
  conversations: [
    "wire",
    "agent",
    "events",
    "llm",
    "tools",
    "mcp",
    "secrets",
    "stores",
    "workspace",
    "timeline",
    "limits",
  ],
  bash: ["wire", "events", "secrets", "stores", "workspace"],
  extensions: ["wire", "secrets", "stores", "workspace"],
  settings: ["wire", "llm", "secrets", "stores", "workspace"],
  http: ["wire", "secrets", "limits"],
  streams: ["wire", "events", "stores", "http"],
  fences: ["stores", "http", "workspace"],
  cluster: ["wire", "events", "stores", "http", "secrets", "outbound", "limits"],
  gateway: ["wire", "conversations", "settings"],
  routes: [
    "wire",
    "http",
    "streams",
    "gateway",
    "conversations",
    "bash",
    "settings",
    "extensions",
    "mcp",
    "workspace",
    "limits",
  ],
  ui: ["http"],
  inspector: ["http", "timeline"],
  node: ["http"],
  configuration: ["server", "node"],
};

/** Files that every folder may import. */
const SHARED = [
  "absolute-path.ts",
  "caller-pattern.ts",
  "errors.ts",
  "logger.ts",
  "observing/observer.ts",
  "observing/observers.ts",
  "clock.ts",
  "waiting.ts",
  "once.ts",
  "shell-quote.ts",
  "is-object.ts",
  "json-text.ts",
  "loopback.ts",
  "principal.ts",
  "read-bounded.ts",
];

/** The composition root, and folders built on top of it: they may import everything. */
const UNBOUND_FOLDERS = ["server", "cli", "testing"];

/** Built-in modules that open no door to the machine. */
const HARMLESS_MODULES = /"node:(util|timers\/promises|events|async_hooks)"/;

/** Files that may import the other built-in modules of Node. */
const NODE_MODULES_ALLOWED =
  /^(node|workspace|outbound|browser|cli|testing|server)\/|^stores\/sqlite\/|^(agent\/security|tools\/search)\/worker\/|^secrets\/cipher|^telemetry\/prometheus\/load-client|^(absolute-path|caller-pattern)\.ts/;

/** Rooms stay small enough to be taken in at a glance. */
const MAX_FILES_IN_FOLDER = 15;

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

  it("only the composition root knows how this machine is reached", () => {
    const local = imports.filter(({ to }) => to.startsWith("workspace/local/"));
    const outside = local.filter(
      ({ from }) =>
        !/^(index\.ts$|(workspace\/(local|sandbox|container|remote)|server|testing|cli)\/)/.test(from),
    );
    expect(outside).toEqual([]);
  });

  it("no files import each other in a circle", () => {
    expect(findCircle(imports)).toEqual([]);
  });

  it("files that everybody may import import no folder", () => {
    expect(imports.filter(({ from, to }) => SHARED.includes(from) && !SHARED.includes(to))).toEqual([]);
  });
});

describe("siblings do not see each other", () => {
  it("no store imports another store", () => {
    const shared = [
      "stores/store.ts",
      "stores/bash-events.ts",
      "stores/documents.ts",
      "stores/outbox.ts",
      "stores/refusals.ts",
      "stores/log-parts.ts",
      "stores/page-length.ts",
      "stores/frame-relay.ts",
      "stores/local-relay.ts",
      "stores/relay/shared-relay.ts",
      "stores/ownership.ts",
      "stores/local-ownership.ts",
    ];
    const stores = imports.filter(({ from, to }) => folderOf(from) === "stores" && folderOf(to) === "stores");
    expect(stores.filter(({ from, to }) => family(from) !== family(to) && !shared.includes(to))).toEqual([]);
  });

  it("no tool imports another tool", () => {
    const shared = /^tools\/text-files\//;
    const tools = imports.filter(
      ({ from, to }) => inToolFolder(from) && inToolFolder(to) && !shared.test(to),
    );
    const roomOf = (file: string) => file.split("/").slice(0, 2).join("/");
    expect(tools.filter(({ from, to }) => roomOf(from) !== roomOf(to))).toEqual([]);
  });

  it("no provider protocol imports another", () => {
    const provider = /^llm\/(anthropic|bedrock|openai-chat|openai-responses)/;
    const between = imports.filter(({ from, to }) => provider.test(from) && provider.test(to));
    expect(between.filter(({ from, to }) => from.match(provider)?.[0] !== to.match(provider)?.[0])).toEqual(
      [],
    );
  });
});

it(`at most ${MAX_FILES_IN_FOLDER} files lie directly in a folder`, () => {
  const folders = ["src", "test"].flatMap((top) => {
    const counts = Map.groupBy(files(top), (file) => join(top, dirname(file)));
    return [...counts].map(([folder, inside]) => ({ folder, files: inside.length }));
  });
  expect(folders.filter(({ files }) => files > MAX_FILES_IN_FOLDER)).toEqual([]);
});

it("Node's own modules are named only at the doors to the machine", () => {
  const named = files("src").filter((file) =>
    specifiers(read(`src/${file}`)).some(
      (path) => path.startsWith("node:") && !HARMLESS_MODULES.test(`"${path}"`),
    ),
  );
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
    /^import (?!type).* from "(openai|@modelcontextprotocol\/client|@fastify\/busboy|playwright-core|@anthropic-ai\/sdk|@lydell\/node-pty|pg|@xterm\/headless|ipaddr\.js|chardet|iconv-lite|modern-tar|httpxy)[^"]*"/m;
  expect(files("src").filter((file) => heavy.test(read(`src/${file}`)))).toEqual([]);
});

it("no module reads a schema while it is loaded, which would build it at every start", () => {
  const reading = /\.(shape|options|unwrap\(|parse\(|safeParse\()/;
  const readers = files("src").filter((file) => /zod|wire\//.test(file + read(`src/${file}`)));
  const early = readers.filter((file) => reading.test(read(`src/${file}`))).flatMap(readAtTopLevel);
  expect(early).toEqual([]);
});

it("adapters import public entries only", () => {
  const paths = files("adapters").flatMap((file) => specifiers(read(`adapters/${file}`)));
  expect(paths.filter((path) => path.startsWith("."))).toEqual([]);
});

it("adapters stay translations", () => {
  const long = files("adapters").filter((file) => read(`adapters/${file}`).split("\n").length > 50);
  expect(long).toEqual([]);
});

/** Reads of schemas in a module that no function surrounds. */
function readAtTopLevel(file: string): string[] {
  const source = ts.createSourceFile(file, read(`src/${file}`), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isPropertyAccessExpression(node) && isSchemaRead(node))
      found.push(`${file}: ${node.getText(source)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isSchemaRead({ name, expression }: ts.PropertyAccessExpression): boolean {
  const isJson = ts.isIdentifier(expression) && expression.text === "JSON";
  return !isJson && ["shape", "options", "unwrap", "parse", "safeParse"].includes(name.text);
}

/** The files of one import circle in order; empty without one. */
function findCircle(all: readonly Import[]): string[] {
  const targets = Map.groupBy(all, ({ from }) => from);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const { to } of targets.get(file) ?? []) {
      const circle = visit(file === to ? "" : to, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of targets.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

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
