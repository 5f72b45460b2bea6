import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { spawnCommand } from "./spawn-server.ts";

const parsed = (...args: string[]) => {
  const command = parseArguments(args);
  return command.name === "serve" ? command.cluster : undefined;
};

describe("the flags --cluster and --address", () => {
  it("make the command a server among others; an address alone is enough", () => {
    expect(parsed()).toBeNull();
    expect(parsed("--cluster")).toEqual({ address: undefined });
    expect(parsed("--address", "http://a:1")).toEqual({ address: "http://a:1" });
    expect(parsed("--cluster", "--placement", "shared")).toEqual({ address: undefined, placement: "shared" });
    expect(() => parsed("--placement", "shared")).toThrow(/--placement needs --cluster/);
    expect(() => parsed("--cluster", "--placement", "here")).toThrow(
      /--placement: expected pinned or shared/,
    );
    expect(() => parseArguments(["demo", "--cluster"])).toThrow(/--cluster: not a flag of demo/);
  });

  it("have a variable, OH_CLUSTER_ADDRESS", () => {
    const { options, warnings } = loadConfiguration({ environment: { OH_CLUSTER_ADDRESS: "http://a:1" } });
    expect([options.cluster, warnings]).toEqual([{ address: "http://a:1" }, []]);
  });

  it.each([
    [
      ["--cluster", "--host", "0.0.0.0"],
      /--cluster: 0\.0\.0\.0:8000 is no address .* name it with --address/,
    ],
    [["--cluster", "--port", "0"], /--cluster: 127\.0\.0\.1:0 is no address/],
    [["--address", "10.0.0.1"], /cluster/],
    [["--cluster"], /cluster: needs a store that other servers share/],
  ])("refuse %j with what is missing", async (args, message) => {
    const cwd = mkdtempSync(join(tmpdir(), "agent-server-cluster-cli-"));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const spawned = spawnCommand({
      cwd,
      args,
      environment: { OH_SECRET_KEY: "secret", OH_PERSISTENCE_DIR: cwd },
    });
    await expect.poll(() => spawned.process.exitCode).toBe(1);
    expect(spawned.stderr()).toMatch(message);
  });
});
