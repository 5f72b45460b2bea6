import { expect, it } from "vitest";
import type { ContainerOptions } from "../../../src/workspace/container/container-options.ts";
import { resolveContainer } from "../../../src/workspace/container/container-options.ts";
import { containerWorkspace } from "../../../src/workspace/container/container-workspace.ts";
import { checkMountable, hardening } from "../../../src/workspace/container/run-arguments.ts";
import { NO_CONTAINERS, TEST_OPTIONS } from "./open-container.ts";

const REQUIRED = { engine: "podman", image: "some:1" } as const;

it("invalid options are refused by name", () => {
  const invalid: [Partial<Record<keyof ContainerOptions, unknown>>, RegExp][] = [
    [{ engine: "lxc" }, /engine: must be "podman" or "docker"/],
    [{ image: "--privileged" }, /image: "--privileged" is not valid/],
    [{ network: "container:other" }, /network: "container:other" is not valid/],
    [{ capabilities: ["CHOWN", "--x"] }, /capabilities: "--x" is not valid/],
    [{ user: "-1" }, /user: "-1" is not valid/],
    [{ readOnly: ["relative"] }, /readOnly: "relative" is not an absolute path/],
    [{ idleSeconds: 0 }, /idleSeconds: must be a number above 0/],
    [{ limits: { cpus: -1 } }, /limits.cpus: must be a number above 0, or null/],
    [{ limits: { processes: 1.5 } }, /limits.processes: must be a whole number above 0, or null/],
    [{ limits: { memory: 1 } }, /limits.memory: there is no such limit; known: memoryBytes, cpus/],
  ];
  for (const [options, message] of invalid) {
    expect(() => containerWorkspace({ ...REQUIRED, ...(options as object) })).toThrow(message);
  }
});

it("containers are hardened unless the host says otherwise", () => {
  const text = (options: Partial<ContainerOptions>) =>
    hardening(resolveContainer({ ...REQUIRED, ...options }), []).join(" ");
  const standard = text({});
  for (const part of [
    ...["--network none", "--cap-drop ALL", "--security-opt no-new-privileges", "--read-only"],
    ...["--memory 4294967296b", "--cpus 2", "--pids-limit 512", "--pull never", "--user 0:0"],
  ]) {
    expect(standard).toContain(part);
  }
  expect(standard).not.toContain("--cap-add");
  const loose = text({
    network: "agents",
    capabilities: ["CHOWN"],
    readOnlyRoot: false,
    limits: { cpus: null },
  });
  expect(loose).toContain("--network agents");
  expect(loose).toContain("--cap-drop ALL --cap-add CHOWN");
  expect(loose).not.toMatch(/--read-only|--cpus/);
});

it("a folder is mounted by the option that takes its path, or refused", () => {
  const mount = (path: string) =>
    hardening(resolveContainer(REQUIRED), [{ source: path, path, isWritable: false }]).filter((part) =>
      part.includes(path),
    );
  expect(mount('/a b,"c')).toEqual(['/a b,"c:/a b,"c:ro']);
  expect(mount("/a:b")).toEqual(["type=bind,source=/a:b,target=/a:b,readonly"]);
  for (const path of ["/a:b,c", '/a:b"c', "/a\nb"])
    expect(() => checkMountable({ source: path, path }, "podman")).toThrow("cannot mount");
  expect(() => checkMountable({ source: "/a:b,c", path: "/workspace" }, "podman")).toThrow("/a:b,c");
});

it("an engine that is not installed is an error with its cure, never a workspace without one", () => {
  expect(() => containerWorkspace({ ...REQUIRED, enginePath: "/no/such/engine" })).toThrow(
    "Containers were asked for and cannot be had: enginePath: /no/such/engine cannot be run",
  );
});

it.skipIf(NO_CONTAINERS)("an image or a runtime that is missing is an error that says so", () => {
  expect(() => containerWorkspace({ ...TEST_OPTIONS, image: "localhost/missing:1" })).toThrow(
    /podman does not have the image localhost\/missing:1 .*podman pull localhost\/missing:1/,
  );
  const engineArguments = ["--runtime", "no-such-runtime"];
  expect(() => containerWorkspace({ ...TEST_OPTIONS, engineArguments })).toThrow(/no-such-runtime/);
});
