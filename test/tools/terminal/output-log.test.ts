import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { OutputLog } from "../../../src/tools/terminal/output-log.ts";
import { localFiles } from "../../../src/workspace/local/local-files.ts";

function open(limit: number) {
  const directory = mkdtempSync(join(tmpdir(), "output-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { log: new OutputLog({ files: localFiles, limit, directory }), directory };
}

it("reports what came since the last report", async () => {
  const { log } = open(1000);
  log.append("one");
  expect(await log.report("\ntwo", false)).toBe("one\ntwo");
  log.append("\ntwo");
  expect(await log.report("\nthree", true)).toBe("three");
  log.append("four");
  expect(await log.report("", true)).toBe("four");
});

it("reports a line that was written over as it is now", async () => {
  const { log } = open(1000);
  expect(await log.report("10%", false)).toBe("10%");
  expect(await log.report("20%", false)).toBe("20%");
  expect(await log.report("20%\ndone", true)).toBe("done");
});

it("shows both ends of what is longer than the limit and says where the rest is", async () => {
  const { log, directory } = open(1000);
  const lines = Array.from({ length: 500 }, (_value, index) => `\nline ${index}`).join("");
  log.append(lines);
  const shown = await log.report("\nlast", true);
  expect(shown.length).toBeLessThanOrEqual(1000);
  expect(shown).toMatch(/^\nline 0\n.*\nlast$/s);
  const [name] = readdirSync(directory);
  expect(shown).toContain(join(directory, name ?? "none"));
  expect(readFileSync(join(directory, name ?? ""), "utf8")).toBe(`${lines}\nlast`);
});

it("keeps equal output once and leaves nothing half written", async () => {
  const { log, directory } = open(1000);
  for (let times = 0; times < 3; times += 1) {
    log.append("x".repeat(5000));
    await log.report("", true);
  }
  log.append("y".repeat(5000));
  await log.clear();
  expect(readdirSync(directory)).toHaveLength(1);
});

it("keeps it for this user only", async () => {
  const { directory } = open(0);
  const own = join(directory, "conversation", "observations");
  const log = new OutputLog({ files: localFiles, limit: 1000, directory: own });
  log.append("x".repeat(5000));
  await log.report("", true);
  const [name] = readdirSync(own);
  for (const path of [own, join(directory, "conversation"), join(own, name ?? "")])
    expect(statSync(path).mode & 0o077).toBe(0);
});

it("shows both ends also where no file can be written", async () => {
  const { directory } = open(0);
  writeFileSync(join(directory, "file"), "");
  const log = new OutputLog({ files: localFiles, limit: 1000, directory: join(directory, "file") });
  log.append(`begin${"x".repeat(5000)}end`);
  expect(await log.report("", true)).toMatch(
    /^beginx+\n\[… The middle of this output is left out …\]\nx+end$/,
  );
});
