import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
/** The compiler reads all sources behind the first file. */
const TIMEOUT = { timeout: 120_000 };

const configuration = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(configuration.config, ts.sys, root);
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test-d.ts"));
const program = ts.createProgram(
  files.map((name) => join(import.meta.dirname, name)),
  options,
);

it.each(files)("%s: types are inferred as stated, and mistakes do not compile", TIMEOUT, (name) => {
  const source = program.getSourceFile(join(import.meta.dirname, name));
  const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  expect(faults.map(describeFault)).toEqual([]);
});

function describeFault({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  const place = `${relative(root, file?.fileName ?? "")}:${line}`;
  return `${place} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
}
