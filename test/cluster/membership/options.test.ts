import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { machineOf } from "../../../src/server/cluster/machine.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/server/options/resolved-options.ts";
import type { ServerOptions } from "../../../src/server/options.ts";

type About = Partial<NonNullable<ServerOptions["cluster"]>>;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "agent-server-machine-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function resolved(conversationsPath: string, about: About = {}): ResolvedOptions {
  return resolveOptions({
    ...{ conversationsPath, store: memoryStore(), secretKey: "a secret key", apiKeys: ["a key"] },
    cluster: { address: "http://127.0.0.1:8000", ...about },
  });
}

it("servers with one folder of conversations are one machine, with an id that stays", () => {
  const path = join(folder(), "conversations");
  const machine = machineOf(resolved(path));
  expect(machine).toMatch(/^[0-9a-f-]{36}$/);
  expect(machineOf(resolved(path))).toBe(machine);
  expect(readFileSync(join(path, "machine-id"), "utf8")).toBe(`${machine}\n`);
  expect(readdirSync(path)).toEqual(["machine-id"]);
  expect(machineOf(resolved(folder()))).not.toBe(machine);
});

it("a machine has the name that its host gives it, and shared conversations are bound to none", () => {
  const path = folder();
  expect(machineOf(resolved(path, { machine: "east" }))).toBe("east");
  expect(machineOf(resolved(path, { placement: "shared", machine: "east" }))).toBeUndefined();
  expect(readdirSync(path)).toEqual([]);
});

it("an id that was emptied is refused, with what to do", () => {
  const path = folder();
  writeFileSync(join(path, "machine-id"), "\n");
  expect(() => machineOf(resolved(path))).toThrow(/machine-id is empty.*delete the file/);
});

it("options of a cluster that mean nothing are refused by name", () => {
  const build = (about: object) => () =>
    createServer({
      ...{ store: memoryStore(), secretKey: "a secret key", apiKeys: ["a key"] },
      cluster: { address: "http://127.0.0.1:8000", ...about },
    });
  expect(build({ placement: "anywhere" })).toThrow(/cluster\.placement: must be pinned or shared/);
  expect(build({ cutRuns: "stop" })).toThrow(/cluster\.cutRuns: must be continue or mark/);
  expect(build({ machine: " " })).toThrow(/cluster\.machine: must be a name of 1 to 200 characters/);
});
