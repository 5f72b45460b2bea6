import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { loadConfiguration } from "../../src/configuration/load-configuration.ts";

const path = resolve(import.meta.dirname, "../../examples/systemd/agent-server.service");
const LACKS_SYSTEMD = spawnSync("systemd-analyze", ["--version"]).status !== 0;
if (LACKS_SYSTEMD)
  process.stderr.write("\n!!! SKIPPED: systemd-analyze is missing, the unit is not verified\n\n");

/** What systemd says of a unit, whose program is one that this machine has. */
async function verify(text: string): Promise<{ status: number | null; stderr: string }> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-unit-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const unit = join(folder, "agent-server.service");
  await writeFile(unit, text.replace("ExecStart=agent-server", `ExecStart=${process.execPath}`));
  return spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" });
}

/** Every value of a setting, in the order of the unit. */
function valuesOf(text: string, name: string): string[] {
  const pattern = new RegExp(`^${name}=(.*)$`, "gm");
  return [...text.matchAll(pattern)].map(([, value = ""]) => value);
}

it.skipIf(LACKS_SYSTEMD)("systemd finds nothing wrong with the unit", async () => {
  const unit = await readFile(path, "utf8");
  expect(await verify(unit)).toMatchObject({ status: 0, stderr: "" });
  const wrong = unit.replace("KillMode=mixed", "KillMode=some").replace("UMask=", "Umask=");
  expect((await verify(wrong)).stderr).toMatch(/'Umask'.*kill mode/s);
});

it("the unit starts the command with options that it has, and gives it longer than it needs to end", async () => {
  const unit = await readFile(path, "utf8");
  const [command = ""] = valuesOf(unit, "ExecStart");
  expect(parseArguments(command.split(" ").slice(1))).toMatchObject({
    name: "serve",
    host: "127.0.0.1",
    port: 8000,
    sandbox: { root: "/var/lib/agent-server/projects", network: "none" },
    warnings: [],
  });
  // Runs get 20 s, sockets 5.
  expect(Number(valuesOf(unit, "TimeoutStopSec")[0])).toBeGreaterThan(30);
});

it("the variables and the file of keys in the unit are those that the server reads", async () => {
  const unit = await readFile(path, "utf8");
  const [text = ""] = /\{.*\}/.exec(unit) ?? [];
  const pairs = valuesOf(unit, "Environment").map((pair) => pair.split("="));
  const { OPENHANDS_AGENT_SERVER_CONFIG_PATH: file, ...environment } = Object.fromEntries(pairs);
  expect([file]).toEqual(valuesOf(unit, "LoadCredential").map((value) => `%d/${value.split(":")[0]}`));
  const { options, warnings } = loadConfiguration({ environment, file: { path: file, text } });
  expect(warnings).toEqual([]);
  expect(options).toMatchObject({
    apiKeys: ["…"],
    secretKey: "…",
    conversationsPath: "/var/lib/agent-server/conversations",
  });
});
