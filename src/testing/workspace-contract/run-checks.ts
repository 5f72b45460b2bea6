import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { OutputChunk } from "../../workspace/workspace.ts";
import { assertStill, BEATING, inside, untilBeating, type WorkspaceCheck } from "./check.ts";

/** A variable of the server that no program may see. */
const CANARY = "WORKSPACE_CONTRACT_CANARY";

export const RUN_CHECKS: Record<string, WorkspaceCheck> = {
  "passes arguments on as they are": async (workspace) => {
    const parameters = ["a b", "'", '"', "$HOME", "`id`", "; ls", "\\", "", "two\nlines", "漢字", "*"];
    const { stdout } = await workspace.run(["printf", "%s|", ...parameters]);
    assert.equal(stdout, parameters.map((text) => `${text}|`).join(""));
  },

  "returns both outputs and the exit code": async (workspace) => {
    const result = await workspace.run(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert.deepEqual(result, {
      outcome: "exited",
      exitCode: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      truncated: false,
    });
  },

  "says which signal ended a program": async (workspace) => {
    const { exitCode, signal, outcome } = await workspace.run(["sh", "-c", "kill -KILL $$"]);
    assert.deepEqual({ exitCode, signal, outcome }, { exitCode: null, signal: "SIGKILL", outcome: "exited" });
  },

  "starts in the working directory, or in the requested folder": async (workspace) => {
    await workspace.files.makeFolder(inside(workspace, "sub folder"));
    const { stdout } = await workspace.run(["pwd", "-P"]);
    assert.equal(stdout.trim(), await workspace.files.realPath(workspace.info.workingDir));
    const below = await workspace.run(["pwd", "-P"], { cwd: inside(workspace, "sub folder") });
    assert.equal(below.stdout.trim(), `${stdout.trim()}/sub folder`);
  },

  "adds variables to its own environment, and shows none of the server's": async (workspace) => {
    process.env[CANARY] = "seen";
    try {
      const value = "a 'quoted' \"value\"\nof two lines";
      const { stdout } = await workspace.run(["env"], { env: { ADDED: value, EMPTY: "" } });
      assert.ok(stdout.includes(`ADDED=${value}\n`), stdout);
      assert.ok(stdout.includes("EMPTY=\n"), stdout);
      assert.ok(stdout.includes("PATH="), stdout);
      assert.ok(!stdout.includes(CANARY), "a variable of the server is visible");
      assert.ok(!(await workspace.run(["env"])).stdout.includes("ADDED="), "a variable outlives its run");
    } finally {
      delete process.env[CANARY];
    }
  },

  "feeds standard input, which is empty without any": async (workspace) => {
    assert.equal((await workspace.run(["cat"])).stdout, "");
    assert.equal((await workspace.run(["cat"], { stdin: "Grüße" })).stdout, "Grüße");
    async function* pieces() {
      for (let count = 0; count < 100; count++) yield new Uint8Array(10_000).fill(120);
    }
    assert.equal((await workspace.run(["wc", "-c"], { stdin: pieces() })).stdout.trim(), "1000000");
    assert.equal((await workspace.run(["true"], { stdin: pieces() })).exitCode, 0);
  },

  "keeps a bounded part of each output": async (workspace) => {
    const script = "yes x | head -c 300000; echo short >&2";
    const result = await workspace.run(["sh", "-c", script], { maxBytes: 1000 });
    assert.deepEqual([result.stdout.length, result.stderr, result.truncated], [1000, "short\n", true]);
    assert.equal((await workspace.run(["sh", "-c", script], { maxBytes: 300_000 })).truncated, false);
  },

  "hands on output as it comes, all of it and in order": async (workspace) => {
    const chunks: OutputChunk[] = [];
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    async function* answers() {
      await heard;
      yield new TextEncoder().encode("go\n");
    }
    await workspace.run(["sh", "-c", "echo ready; read answer; echo $answer >&2; yes x | head -c 3000000"], {
      stdin: answers(),
      maxBytes: 10,
      async onOutput(chunk) {
        chunks.push(chunk);
        hear();
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    const text = (stream: OutputChunk["stream"]) =>
      Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString();
    assert.equal(text("stdout"), `ready\n${"x\n".repeat(1_500_000)}`);
    assert.equal(text("stderr"), "go\n");
  },

  "ends a program whose output cannot be taken": async (workspace) => {
    const running = workspace.run(["sh", "-c", BEATING], {
      onOutput() {
        throw new RangeError("no room");
      },
    });
    await assert.rejects(running, RangeError);
    await assertStill(workspace);
  },

  "says that a program cannot be started": async (workspace) => {
    for (const result of [
      await workspace.run(["/no/such/program"]),
      await workspace.run(["pwd"], { cwd: inside(workspace, "missing") }),
    ]) {
      assert.ok(result.exitCode === 126 || result.exitCode === 127, `exit code ${result.exitCode}`);
      assert.notEqual(result.stderr.trim(), "");
      assert.equal(result.outcome, "exited");
    }
  },

  "ends the whole process group at the timeout and keeps the output so far": async (workspace) => {
    const result = await workspace.run(["sh", "-c", BEATING], { timeout: 2_000 });
    assert.equal(result.outcome, "timed_out");
    assert.equal(result.stdout, "started\n");
    await assertStill(workspace);
  },

  "ends the whole process group at an abort": async (workspace) => {
    const controller = new AbortController();
    const running = workspace.run(["sh", "-c", BEATING], { signal: controller.signal });
    await untilBeating(workspace);
    controller.abort();
    assert.equal((await running).outcome, "aborted");
    await assertStill(workspace);
    const late = await workspace.run(["touch", inside(workspace, "late")], { signal: controller.signal });
    assert.equal(late.outcome, "aborted");
    assert.equal(await workspace.files.stat(inside(workspace, "late")), null);
  },

  "ends a program whose signal aborts while it starts": async (workspace) => {
    for (let turns = 0; turns < 10; turns++) {
      const controller = new AbortController();
      const running = workspace.run(["sleep", "60"], { signal: controller.signal, timeout: 30_000 });
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      controller.abort();
      assert.equal((await running).outcome, "aborted");
    }
  },
};
