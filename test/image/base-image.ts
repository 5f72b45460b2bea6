import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** What stands for `node:24-slim` where no registry is reached. Change it with the recipe. */
export const BASE_IMAGE = "localhost/agent-server-node:1";

/** As in the slim images of Debian. */
const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"];

/**
 * Makes a Debian with the Node and npm of this checkout, unless it is there. It trusts the certificates that this machine's
 * own Node trusts, as its packages may come by way of a proxy.
 */
export function makeBaseImage(): void {
  if (run("podman", ["image", "inspect", BASE_IMAGE]).status === 0) return;
  const folder = mkdtempSync(join(tmpdir(), "agent-server-base-"));
  const archive = join(folder, "base.tar");
  try {
    const { hooks, changes } = certificates(folder);
    must("mmdebstrap", [
      ...["--quiet", "--variant=apt", '--aptopt=Acquire::Languages "none"'],
      ...LEFT_OUT.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...[...nodeHooks(), ...hooks].map((hook) => `--customize-hook=${hook}`),
      ...[codename(), archive],
    ]);
    must("podman", ["import", ...changes.map((change) => `--change=${change}`), archive, BASE_IMAGE]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function nodeHooks(): string[] {
  const npm = must("npm", ["root", "--global"]).trim();
  const bin = "/usr/local/bin";
  const scripts = "../lib/node_modules/npm/bin";
  return [
    `mkdir -p "$1"/usr/local/lib/node_modules`,
    `copy-in ${root}/node_modules/node/bin/node ${bin}`,
    `copy-in ${npm}/npm /usr/local/lib/node_modules`,
    `ln -s ${scripts}/npm-cli.js "$1"${bin}/npm`,
    `ln -s ${scripts}/npx-cli.js "$1"${bin}/npx`,
  ];
}

/** Certificates that Node trusts on this machine beside its own. */
function certificates(folder: string): { hooks: string[]; changes: string[] } {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (!file) return { hooks: [], changes: [] };
  const copy = join(folder, "certificates", "machine.crt");
  mkdirSync(join(folder, "certificates"));
  copyFileSync(file, copy);
  return {
    hooks: [`copy-in ${copy} /usr/local/lib`],
    changes: ["ENV NODE_EXTRA_CA_CERTS=/usr/local/lib/machine.crt"],
  };
}

function codename(): string {
  return must("sh", ["-c", '. /etc/os-release && echo "$VERSION_CODENAME"']).trim();
}

function run(program: string, parameters: string[]) {
  return spawnSync(program, parameters, { encoding: "utf8" });
}

function must(program: string, parameters: string[]): string {
  const { status, stdout, stderr, error } = run(program, parameters);
  if (status === 0) return stdout;
  throw new Error(`The base image cannot be made: ${program}: ${error?.message ?? stderr}`);
}
