import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import { createServer } from "../../../src/index.ts";

const run = promisify(execFile);
let data: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "agent-server-test-"));
});
afterAll(() => rm(data, { recursive: true, force: true }));

const command = (...args: string[]) =>
  run(process.execPath, [join(import.meta.dirname, "../../../src/cli.ts"), "keys", ...args, "--data", data]);

it("keys are made, listed and revoked by the command, and the server takes them", async () => {
  const { stdout: key, stderr } = await command(
    ...[
      "create",
      "ci",
      "--scope",
      "read",
      "--expires",
      "30d",
      "--limit",
      "cost_per_day=5",
      "--limit",
      "runs=2",
    ],
  );
  expect(key).toMatch(/^as_\w{12}_\w{49}\n$/);
  expect(stderr).toContain("it is not shown again");
  const { stdout: table } = await command("list");
  expect(table).toMatch(/^ID +SCOPE +NAME +REACHES +LIMITS +STATE +LAST USED\n/);
  expect(table).toMatch(/^\w{12} +read +ci +all +runs=2, cost_per_day=5 +until /m);
  const id = table.split("\n")[1]?.split(" ")[0] ?? "";
  const status = async () => {
    await using server = createServer({ apiKeys: ["k"], conversationsPath: data, logger: "silent" });
    const headers = { "x-session-api-key": key.trim() };
    return (await server.fetch(new Request("http://localhost/api/conversations/count", { headers }))).status;
  };
  expect(await status()).toBe(200);
  expect((await command("revoke", id)).stdout).toBe(`${id} is revoked\n`);
  expect(await status()).toBe(401);
  expect(JSON.parse((await command("list", "--json")).stdout)).toMatchObject([{ id, name: "ci" }]);
  await expect(command("rotate", id)).rejects.toMatchObject({ code: 1 });
}, 120_000);

it.each([
  [["create"], "create NAME"],
  [["create", "n"], "--scope"],
  [["create", "n", "--scope", "root"], "--scope"],
  [["create", "n", "--scope", "admin", "--owner", "ada"], "--owner and --tag"],
  [["create", "n", "--scope", "read", "--tag", "red"], "--tag"],
  [["create", "n", "--scope", "read", "--expires", "soon"], "--expires"],
  [["create", "n", "--scope", "read", "--limit", "runs=none"], "--limit"],
  [["create", "n", "--scope", "read", "--limit", "runs=1.5"], "--limit"],
  [["create", "n", "--scope", "read", "--limit", "steps=1"], "one of requests_per_minute, sockets"],
  [["revoke"], "revoke ID"],
  [["list", "all"], "list"],
  [["forge"], "expected create NAME, list, revoke ID or rotate ID"],
])("keys %j is refused with what was expected", (args, expected) => {
  expect(() => parseArguments(["keys", ...args])).toThrow(expected);
});
