import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** The files behind the package's entries. */
const ENTRIES = [
  "src/index.ts",
  "src/node/index.ts",
  "src/stores/postgres.ts",
  "src/telemetry/opentelemetry.ts",
  "src/telemetry/prometheus.ts",
  "src/testing/index.ts",
  "adapters/express.ts",
  "adapters/koa.ts",
  "adapters/fastify.ts",
];

/** Names that most users need first, and members of them. Their descriptions show an example. */
const WITH_EXAMPLE: Record<string, readonly string[]> = {
  "src/index.ts": ["createServer", "sqliteStore", "memoryStore", "defineTool", "loadConfiguration"],
  "src/node/index.ts": ["toNodeHandler"],
  "src/stores/postgres.ts": ["postgresStore"],
  "src/telemetry/opentelemetry.ts": ["openTelemetry"],
  "src/telemetry/prometheus.ts": ["prometheus"],
  "src/testing/index.ts": [
    "createTestServer",
    "scriptedLlm",
    "cassette",
    "storeContract",
    "hostContract",
    "workspaceContract",
  ],
  "adapters/express.ts": ["agentServer"],
  "adapters/koa.ts": ["agentServer"],
  "adapters/fastify.ts": ["agentServer"],
};

const configuration = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(configuration.config, ts.sys, root);
const program = ts.createProgram(
  ENTRIES.map((entry) => join(root, entry)),
  options,
);
const checker = program.getTypeChecker();

describe.each(ENTRIES)("%s", (entry) => {
  it("describes every name it exports", () => {
    const names = exportsOf(entry).filter((symbol) => !isDescribed(symbol));
    expect(names.map(({ name }) => name)).toEqual([]);
  });

  it("describes every member of the types it exports", () => {
    const members = exportsOf(entry).flatMap((type) =>
      membersOf(type)
        .filter((member) => !isDescribed(member))
        .map((member) => `${type.name}.${member.name}`),
    );
    expect(members).toEqual([]);
  });

  it("shows an example of the names that most users need", () => {
    const exported = exportsOf(entry);
    const without = (WITH_EXAMPLE[entry] ?? []).filter((name) => {
      const symbol = exported.find((candidate) => candidate.name === name);
      return symbol === undefined || !hasExample(symbol);
    });
    expect(without).toEqual([]);
  });
});

/** The exports of a file, behind their re-exports. */
function exportsOf(entry: string): ts.Symbol[] {
  const file = program.getSourceFile(join(root, entry));
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is not a module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => declarationsOf(symbol).length > 0);
}

/** The members that interfaces, classes and object types declare themselves. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  return declarationsOf(symbol)
    .flatMap((declaration) => {
      if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
        return [...declaration.members];
      }
      return ts.isTypeAliasDeclaration(declaration) ? literalMembers(declaration.type) : [];
    })
    .flatMap((member) => {
      const name = ts.getNameOfDeclaration(member);
      const own =
        name === undefined || !isPublic(member, name) ? undefined : checker.getSymbolAtLocation(name);
      return own === undefined ? [] : [own];
    });
}

function literalMembers(type: ts.TypeNode): ts.TypeElement[] {
  if (ts.isTypeLiteralNode(type)) return [...type.members];
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(literalMembers);
  return [];
}

/** Private members and those named by a well-known symbol need no description. */
function isPublic(member: ts.Node, name: ts.DeclarationName): boolean {
  if (ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)) return false;
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
  // An overriding member has the description of the overridden one.
  const { PrivateKeyword, ProtectedKeyword, OverrideKeyword } = ts.SyntaxKind;
  const hidden: ts.SyntaxKind[] = [PrivateKeyword, ProtectedKeyword, OverrideKeyword];
  return !modifiers.some(({ kind }) => hidden.includes(kind));
}

/** Declarations in this package, not in its dependencies. */
function declarationsOf(symbol: ts.Symbol): ts.Declaration[] {
  return (symbol.declarations ?? []).filter(({ parent }) => {
    const path = relative(root, parent.getSourceFile().fileName);
    return /^(src|adapters)\//.test(path);
  });
}

function isDescribed(symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== "";
}

function hasExample(symbol: ts.Symbol): boolean {
  return symbol.getJsDocTags(checker).some(({ name }) => name === "example");
}
