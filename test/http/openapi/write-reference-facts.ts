/**
 * Writes `reference-facts.txt` from the reference's `/openapi.json`, after more of its operations were built:
 * `node test/http/openapi/write-reference-facts.ts openapi.json`. Operations are all kept; schemas as far as the built
 * operations refer to them.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer } from "../../../src/index.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { factsOf, reachable, toText } from "./facts.ts";

const [path = "openapi.json"] = process.argv.slice(2);
const reference: unknown = JSON.parse(await readFile(path, "utf8"));
const server = createServer({ keyless: "loopback", store: memoryStore(), logger: "silent" });
const built = new Set(factsOf(server.openapi()).operations.keys());
await server.close();

const facts = factsOf(reference);
const names = reachable(reference, built);
// Entries of `SystemPromptEvent.tools` and actions with a risk are described by open schemas here, and forms have no
// names.
const schemas = [...facts.schemas].filter(
  ([name]) => names.has(name.replace(/ (in|out)$/, "")) && !/Tool(Set)?$|ActionWithRisk$|^Body_/.test(name),
);
const file = join(import.meta.dirname, "reference-facts.txt");
await writeFile(file, toText({ operations: facts.operations, schemas: new Map(schemas) }));
