import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeEscapes, listenForLines, succeeds } from "../escapes.ts";
import { temporaryDirectory } from "../open-local.ts";
import { MISSING, openSandbox } from "./open-sandbox.ts";

describeEscapes({ place: "sandbox", missing: MISSING, open: openSandbox });

describe.skipIf(MISSING)("a sandbox", () => {
  it("shares the network of the machine when it is asked to", async () => {
    const workspace = await openSandbox({ network: "host" });
    const script = 'bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && grep canary <&3"';
    expect(await succeeds(workspace, script, [await listenForLines()])).toBe(true);
  });

  it("survives a fork bomb, and takes it along when it ends", async () => {
    const workspace = await openSandbox({ limits: { processes: 60 } });
    const bomb = await workspace.run(["bash", "-c", ":(){ :|:& };:; sleep 60"], {
      timeout: 2000,
      maxBytes: 1000,
    });
    expect(bomb.outcome).toBe("timed_out");
    expect((await workspace.run(["echo", "alive"])).stdout).toBe("alive\n");
  });

  it("shows the listed folders, writable or not, and no others", async () => {
    const [readOnly, writable] = [await temporaryDirectory(), await temporaryDirectory()];
    await writeFile(join(readOnly, "file"), "shown");
    const workspace = await openSandbox({ readOnly: [readOnly], writable: [writable] });
    const script = 'cat "$1/file" && echo x >"$2/made" && ! echo x >"$1/made"';
    expect(await succeeds(workspace, script, [readOnly, writable])).toBe(true);
  });

  it("is not opened where a listed folder would lose its guard", async () => {
    const folder = await temporaryDirectory();
    const shared = join(folder, "projects", "shared");
    await mkdir(join(folder, "projects", "one", "a", "kept"), { recursive: true });
    await mkdir(join(shared, "sub"), { recursive: true });
    const kept = join(folder, "projects", "one", "a", "kept");
    await expect(openSandbox({ folder, name: "shared/sub", readOnly: [shared] })).rejects.toThrow(
      "which is read-only",
    );
    await expect(openSandbox({ folder, readOnly: [kept] })).rejects.toThrow("lies too deep");
    await expect(openSandbox({ writable: ["/tmp"] })).rejects.toThrow("a sandbox cannot show");
  });

  it("obeys no variable outside that a caller adds for a program", async () => {
    const workspace = await openSandbox();
    const env = { LD_DEBUG: "files", LD_DEBUG_OUTPUT: join(workspace.info.workingDir, "loader") };
    await workspace.run(["/usr/bin/true"], { env });
    // Only programs inside have loaded anything with it: the one, whose number there is small.
    const { entries } = await workspace.files.list(workspace.info.workingDir);
    expect(entries.map(({ name }) => name)).toEqual(["loader.2"]);
  });

  it("keeps its folders in place: none is replaced by a link", async () => {
    const workspace = await openSandbox();
    const { info, files } = workspace;
    await workspace.run(["ln", "-s", "/etc", "link"]);
    for (const folder of [info.home, info.temporaryDir, info.workingDir]) {
      const denied = { code: "permission_denied" };
      await expect(files.remove(folder, { recursive: true })).rejects.toMatchObject(denied);
      await expect(files.move(`${info.workingDir}/link`, folder)).rejects.toMatchObject(denied);
    }
  });

  it("keeps the home folder and $TMPDIR between commands, and passes values of any size and kind", async () => {
    const workspace = await openSandbox();
    await workspace.run(["sh", "-c", 'echo home >"$HOME/a"; echo temporary >"$TMPDIR/b"']);
    expect((await workspace.run(["sh", "-c", 'cat "$HOME/a" "$TMPDIR/b"'])).stdout).toBe("home\ntemporary\n");
    const value = `it's "$HOME" \\ \n${"x".repeat(50_000)}`;
    const env = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`V${index}`, value]));
    const { stdout } = await workspace.run(["sh", "-c", 'printf %s "$V0$V4"'], { env });
    expect(stdout).toBe(value + value);
  });
});
