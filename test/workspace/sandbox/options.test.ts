import { expect, it } from "vitest";
import { bubblewrapArguments } from "../../../src/workspace/sandbox/bubblewrap-arguments.ts";
import { launch } from "../../../src/workspace/sandbox/launcher.ts";
import { resolveSandbox, type SandboxOptions } from "../../../src/workspace/sandbox/sandbox-options.ts";
import { sandboxedWorkspace } from "../../../src/workspace/sandbox/sandboxed-workspace.ts";
import { MISSING } from "./open-sandbox.ts";

const { limits } = resolveSandbox({});

it("invalid options are refused by name", () => {
  const invalid: [SandboxOptions, RegExp][] = [
    [{ network: "some" as "host" }, /network: must be "none" or "host"/],
    [{ readOnly: ["relative"] }, /readOnly: "relative" is not an absolute path/],
    [{ writable: [""] }, /writable: "" is not an absolute path/],
    [{ limits: { processes: 0 } }, /limits.processes: must be a whole number above 0, or null/],
    [
      { limits: { memory: 1 } as SandboxOptions["limits"] },
      /limits.memory: there is no such limit; known: processes/,
    ],
  ];
  for (const [options, message] of invalid) expect(() => sandboxedWorkspace(options)).toThrow(message);
});

it("a limit of null is left out, and the others hold", () => {
  const { argv } = launch(
    { argv: ["true"], cwd: "/", env: {} },
    { ...limits, memoryBytes: null, cpuSeconds: 7 },
  );
  expect(argv.slice(0, argv.indexOf("--"))).toEqual([
    "prlimit",
    "--nproc=512",
    `--fsize=${4 * 1024 ** 3}`,
    "--cpu=7",
    "--core=0",
  ]);
});

it("what surrounds a program gets none of its variables, and no value is an argument", () => {
  const env = { LD_PRELOAD: "/agent/lib.so", SECRET: "hunter2", "not a name": "x" };
  const { argv, env: outer } = launch({ argv: ["true"], cwd: "/", env }, limits);
  expect(Object.keys(outer)).toEqual(["AGENT_SANDBOX_ENVIRONMENT_0"]);
  expect(argv.join(" ")).not.toContain("hunter2");
});

it("the network is shared only when it is asked for", () => {
  const parameters = (network: "none" | "host") => bubblewrapArguments({ network, limits, mounts: [] });
  expect(parameters("none")).toContain("--unshare-net");
  expect(parameters("host")).not.toContain("--unshare-net");
});

it.runIf(MISSING)(
  "a machine without sandboxes is an error with its cure, never a workspace without one",
  () => {
    expect(() => sandboxedWorkspace()).toThrow(/The sandbox was asked for and cannot be had: /);
  },
);
