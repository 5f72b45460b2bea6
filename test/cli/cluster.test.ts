import { once } from "node:events";
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

const configured = (environment: Record<string, string>) => {
  const { options, cluster, warnings } = loadConfiguration({ environment });
  expect(warnings).toEqual([]);
  return { option: options.cluster, settings: cluster };
};

describe("the flags of a cluster", () => {
  it("make the command a server among others; an address alone is enough", () => {
    expect(parsed()).toEqual({ isWanted: false });
    expect(parsed("--cluster")).toEqual({ isWanted: true });
    expect(parsed("--address", "http://a:1")).toEqual({ isWanted: true, address: "http://a:1" });
    expect(parsed("--cluster", "--placement=shared", "--machine=a", "--cut-runs=mark")).toEqual({
      ...{ isWanted: true, placement: "shared", machine: "a", cutRuns: "mark" },
    });
    expect(() => parsed("--cluster", "--placement", "here")).toThrow(
      /--placement: expected pinned or shared or sandbox, got "here"/,
    );
    expect(() => parsed("--cut-runs", "go")).toThrow(/--cut-runs: expected continue or mark, got "go"/);
    expect(() => parseArguments(["demo", "--cluster"])).toThrow(/--cluster: not a flag of demo/);
  });

  it("have variables", () => {
    const more = { OH_CLUSTER_PLACEMENT: "shared", OH_CLUSTER_MACHINE: "a", OH_CLUSTER_CUT_RUNS: "mark" };
    const about = { placement: "shared", machine: "a", cutRuns: "mark" };
    const address = "http://a:1";
    expect(configured({ OH_CLUSTER_ADDRESS: address, ...more })).toEqual({
      option: { address, ...about },
      settings: { isWanted: true, address, ...about },
    });
    expect(configured({ OH_CLUSTER: "1", ...more })).toEqual({
      option: undefined,
      settings: { isWanted: true, ...about },
    });
    expect(configured({ OH_CLUSTER: "0", OH_CLUSTER_ADDRESS: address, ...more })).toEqual({
      option: undefined,
      settings: { isWanted: false },
    });
    expect(() => configured({ OH_CLUSTER_PLACEMENT: "here" })).toThrow(/^cluster_placement: /);
    expect(() => configured({ OH_CLUSTER_CUT_RUNS: "go" })).toThrow(/^cluster_cut_runs: /);
  });

  it.each([
    [["--host", "0.0.0.0"], /--cluster: 0\.0\.0\.0:8000 is no address .* name it with --address/],
    [["--port", "0"], /--cluster: 127\.0\.0\.1:0 is no address/],
    [["--address", "10.0.0.1"], /cluster/],
    [[], /cluster: needs a store that other servers share/],
  ])(
    "refuse %j with what is missing, as variables do",
    async (args, message) => {
      expect(await refusalOf(["--cluster", ...args])).toEqual([1, expect.stringMatching(message)]);
      expect(await refusalOf(args, { OH_CLUSTER: "1" })).toEqual([1, expect.stringMatching(message)]);
    },
    300_000,
  );

  it("are refused where nothing makes the server a part of a cluster, and so are variables", async () => {
    const refusal = [2, expect.stringMatching(/--placement, .* need --cluster \(OH_CLUSTER=1\)/)];
    expect(await refusalOf(["--placement", "shared"])).toEqual(refusal);
    expect(await refusalOf([], { OH_CLUSTER_MACHINE: "a" })).toEqual(refusal);
  }, 300_000);
});

/** The exit code of the command, and what it says. */
async function refusalOf(args: string[], environment: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "agent-server-cluster-cli-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const { process, stderr } = spawnCommand({
    cwd,
    args,
    environment: { OH_SECRET_KEY: "secret", OH_PERSISTENCE_DIR: cwd, ...environment },
  });
  await once(process, "close");
  return [process.exitCode, stderr()];
}
