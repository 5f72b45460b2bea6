import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Programs of this machine that the image has, with the libraries they need. */
const PROGRAMS =
  "bash cat chmod chown cp cut date dirname basename echo env expr false find git grep head id kill ln ls mkdir mkfifo mv " +
  "nohup od perl printenv printf ps pwd readlink realpath rm rmdir sed seq setsid sleep sort stat stty tail tee test " +
  "timeout touch tr true uname unshare wc xargs yes";

/** Change it with the recipe. */
export const TEST_IMAGE = "localhost/agent-server-test:1";

/** Makes the image out of this machine's own programs, unless it is there. Needs no network. */
export function makeTestImage(engine: string): void {
  if (run(engine, ["image", "inspect", TEST_IMAGE]).status === 0) return;
  const folder = mkdtempSync(join(tmpdir(), "agent-server-image-"));
  try {
    const root = join(folder, "root");
    for (const name of PROGRAMS.split(" ")) addProgram(root, name);
    for (const path of ["tmp", "proc", "sys", "dev", "run", "root", "var/tmp", "etc"]) {
      mkdirSync(join(root, path), { recursive: true });
    }
    symlinkSync("bash", join(root, "usr/bin/sh"));
    symlinkSync("usr/bin", join(root, "bin"));
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
    writeFileSync(join(root, "etc/shadow"), "root:*:1::::::\n", { mode: 0o600 });
    // The few modules of perl that a test needs.
    const modules = "/usr/lib/x86_64-linux-gnu/perl-base";
    if (existsSync(modules)) cpSync(modules, join(root, modules), { recursive: true });
    const archive = join(folder, "image.tar");
    must(run("tar", ["-C", root, "-cf", archive, "."]));
    must(run(engine, ["import", archive, TEST_IMAGE]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function addProgram(root: string, name: string): void {
  const found = run("bash", ["-c", 'type -P "$1"', "bash", name]).stdout.trim();
  if (found === "") throw new Error(`The test image needs the program ${name}`);
  const program = realpathSync(found);
  const libraries = run("ldd", [program]).stdout.match(/\/[^ )]+/g) ?? [];
  copy(program, join(root, "usr/bin", name));
  for (const library of libraries) copy(realpathSync(library), join(root, library));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function run(program: string, parameters: string[]) {
  return spawnSync(program, parameters, { encoding: "utf8" });
}

function must({ status, stderr }: ReturnType<typeof run>): void {
  if (status !== 0) throw new Error(`The test image cannot be made: ${stderr}`);
}
