/**
 * `npm run sbom`: prints everything that an install of the package brings, on any platform, as CycloneDX. npm's own
 * `--omit=dev` leaves out what development needs, too, so npm is shown a project without development.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { neededPackages } from "./needed-packages.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "agent-server-sbom-"));
try {
  const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { name, version } = manifest;
  const packages = { "": manifest, ...Object.fromEntries(neededPackages()) };
  write("package.json", manifest);
  write("package-lock.json", { name, version, lockfileVersion: 3, requires: true, packages });
  const parameters = ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"];
  const options = { cwd: folder, env: withoutSettingsOfNpm(), encoding: "utf8" } as const;
  const bill = JSON.parse(execFileSync("npm", parameters, options));
  // npm takes the name of the folder.
  bill.metadata.component.name = name;
  process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

/** A script of npm has the settings of this checkout in its variables, such as which parts to leave out. */
function withoutSettingsOfNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
}

function write(file: string, content: object): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}
