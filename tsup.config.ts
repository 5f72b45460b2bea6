import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ChunkingContext, type Plugin as RolldownPlugin, rolldown } from "rolldown";
import { defineConfig, type Options } from "tsup";
import manifest from "./package.json" with { type: "json" };
import { RECORDER_FILE, RECORDER_SOURCE } from "./src/browser/recording/recorder-script.ts";
import { bundleScript } from "./src/inspector/bundle-script.ts";
import { DOCS_ASSET_SOURCES } from "./src/node/docs-assets.ts";
import tsconfig from "./tsconfig.json" with { type: "json" };

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** A picture that ReDoc loads from the web. The pages must work without a network. */
const REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/** What the licences of the files want to be next to them, those of the libraries in them included. */
const DOCS_LICENCES = {
  "swagger-ui.LICENSE": "swagger-ui-dist/LICENSE",
  "swagger-ui.NOTICE": "swagger-ui-dist/NOTICE",
  "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
  "redoc.LICENSE": "redoc/LICENSE",
  "redoc.standalone.js.LICENSE.txt": "redoc/bundles/redoc.standalone.js.LICENSE.txt",
};

/** Copies the browser files of `/docs` and `/redoc`, so that an installed package needs neither of their packages. */
async function copyDocsAssets(): Promise<void> {
  await mkdir("dist/docs", { recursive: true });
  for (const [name, source] of Object.entries(DOCS_ASSET_SOURCES)) {
    const text = await readFile(`node_modules/${source}`, "utf8");
    await writeFile(`dist/docs/${name}`, text.replaceAll(REDOC_LOGO, "data:,"));
  }
  for (const [name, source] of Object.entries(DOCS_LICENCES)) {
    await copyFile(`node_modules/${source}`, `dist/docs/${name}`);
  }
}

/** Copies the grammar of bash. Its package would bring sources, builds for all platforms and an install script along. */
async function copyGrammar(): Promise<void> {
  for (const [source, name] of [
    ["tree-sitter-bash.wasm", "tree-sitter-bash.wasm"],
    ["LICENSE", "tree-sitter-bash.LICENSE"],
  ]) {
    await copyFile(`node_modules/tree-sitter-bash/${source}`, `dist/${name}`);
  }
}

/** The line that the licence of rrweb has in place of ours. Both are the MIT licence; its package has no file of it. */
const RRWEB_COPYRIGHT =
  "Copyright (c) 2018 Contributors (https://github.com/rrweb-io/rrweb/graphs/contributors) and SmartX Inc.";

/** Copies the recorder of pages. Its package would bring the whole of its player along. */
async function copyRecorder(): Promise<void> {
  await copyFile(`node_modules/${RECORDER_SOURCE}`, `dist/${RECORDER_FILE}`);
  const licence = (await readFile("LICENSE", "utf8")).replace(/^Copyright .*$/m, RRWEB_COPYRIGHT);
  await writeFile("dist/rrweb-record.LICENSE", licence);
}

/** Bundles the script of the inspector for browsers. */
async function buildInspector(): Promise<void> {
  await mkdir("dist/inspector", { recursive: true });
  await writeFile("dist/inspector/inspector.js", await bundleScript());
  // The library in it that compares files.
  await copyFile("node_modules/diff/LICENSE", "dist/inspector/diff.LICENSE");
}

const NO_YAML = "export const stringify = undefined;";

/** Whether `yaml` is left out for a file: it would take a fifth of every start, for a method that is never called. */
const needsNoYaml = (importer: string) => importer.includes("openapi3-ts");

/** Skills are read with `yaml`, so it stays what it is for all others. */
const withoutYaml: Plugin = {
  name: "without-yaml",
  setup(build) {
    build.onResolve({ filter: /^yaml$/ }, ({ path, importer }) =>
      needsNoYaml(importer) ? { path, namespace: "without-yaml" } : { path, external: true },
    );
    build.onLoad({ filter: /^yaml$/, namespace: "without-yaml" }, () => ({
      contents: NO_YAML,
    }));
  },
};

/** zod brings its messages in every language, a third of what a start would have to read. Messages here are English. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** The public names, `agent-server/koa` and so on, as files: koa.js. */
const entry = Object.fromEntries(
  Object.entries(tsconfig.compilerOptions.paths).map(([name, [source = ""]]) => [
    name === "agent-server" ? "index" : name.slice("agent-server/".length),
    source,
  ]),
);

const [oldestNode = ""] = /[\d.]+/.exec(manifest.engines.node) ?? [];
const [oldestMajor, oldestMinor] = oldestNode.split(".");

/**
 * Code that checks the version of Node, for the top of every built file. A module runs after the modules it imports, so a
 * check in the entry alone would come after a file that an older Node cannot run.
 */
const checkNode = (refuse: (message: string) => string) => `{
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < ${oldestMajor} || (major === ${oldestMajor} && minor < ${oldestMinor})) {
    const message = "agent-server needs Node ${oldestNode} or newer, this is " + process.versions.node;
    ${refuse("message")}
  }
}`;

const shared: Options = {
  format: "esm",
  target: "node22",
  sourcemap: false,
  splitting: true,
  esbuildPlugins: [withoutYaml, withoutLocales],
};

export default defineConfig([
  {
    ...shared,
    entry: {
      ...entry,
      "driver-worker": "src/browser/driver/driver-worker.ts",
      "match-worker": "src/tools/search/worker/match-worker.ts",
      "shell-worker": "src/agent/security/worker/shell-worker.ts",
    },
    dts: { entry },
    banner: { js: checkNode((message) => `throw new Error(${message});`) },
    // The adapters import the public entries by name, as third-party adapters do, so that all share one core.
    external: [/^agent-server(\/|$)/],
    noExternal: ["openapi3-ts"],
    onSuccess: async () => {
      await copyDocsAssets();
      await copyGrammar();
      await copyRecorder();
      await buildInspector();
    },
  },
  // A file of its own, because a start does not load it. Only a file of this format can be loaded without waiting.
  {
    entry: { zod: "node_modules/zod/index.js" },
    format: "cjs",
    target: "node22",
    esbuildPlugins: [withoutLocales],
    onSuccess: buildCommand,
  },
]);

/** Modules that every start loads are bundled: as separate files they take a quarter longer. */
const BUNDLED = /^(openapi3-ts|ws)(\/|$)/;
const PACKAGE = /^[a-z@]/;

/** Finds the modules of the command: schemas are noted down, and built by zod when one is first used. */
const commandModules: RolldownPlugin = {
  name: "command-modules",
  resolveId(name, importer) {
    if (importer === undefined || name.startsWith("node:")) return null;
    if (name === "zod") return resolve("src/cli/deferred-zod.ts");
    if (name === "yaml" && needsNoYaml(importer)) return "\0yaml";
    return PACKAGE.test(name) && !BUNDLED.test(name) ? { id: name, external: true } : null;
  },
  load: (id) => (id === "\0yaml" ? NO_YAML : null),
};

/**
 * Builds the command. What a start loads goes into one file, whatever else shares parts of it: a start took a millisecond
 * longer with each further file. The entry and what it imports itself are apart, because it switches on the cache of
 * compiled code for all that follows.
 */
async function buildCommand(): Promise<void> {
  const bundle = await rolldown({
    input: { cli: "src/cli.ts" },
    platform: "node",
    preserveEntrySignatures: false,
    plugins: [commandModules],
    transform: { target: "node22" },
  });
  const closures = new Map<string, Set<string>>();
  await bundle.write({
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    banner: checkNode((message) => `process.stderr.write(${message} + "\\n"); process.exit(1);`),
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: groupOf, debugName: "start" }],
    },
  });
  await bundle.close();
  await chmod("dist/cli.js", 0o755);

  /** The entry waits for its command at its top level, so no other file may import the one that it is in. */
  function groupOf(id: string, graph: ChunkingContext): string | null {
    if (id === resolve("src/cli.ts")) return null;
    if (staticImports("src/cli.ts", graph).has(id)) return "command";
    return staticImports("src/cli/serve.ts", graph).has(id) ? "start" : null;
  }

  /** The modules that are loaded with `entry`, it included. */
  function staticImports(entry: string, graph: ChunkingContext): ReadonlySet<string> {
    const found = closures.get(entry) ?? new Set<string>();
    if (closures.has(entry)) return found;
    closures.set(entry, found);
    const open = [resolve(entry)];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      open.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
    }
    return found;
  }
}
