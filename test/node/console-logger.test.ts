import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import { consoleLogger } from "../../src/node/console-logger.ts";

let write: MockInstance<typeof process.stderr.write>;
beforeEach(() => {
  write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => write.mockRestore());

const written = () => write.mock.calls.map(([text]) => String(text));

it("writes time, level, source, message and fields from its level on", () => {
  const logger = consoleLogger({ level: "warn", source: "agent-server" });
  logger.debug({}, "A detail");
  logger.info({}, "Business as usual");
  logger.warn({ wait: 3, reason: undefined }, "Trying again");
  logger.error({}, "Failed");
  expect(written()).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z WARN {2}agent-server: Trying again wait=3\n$/),
    expect.stringMatching(/^\S+ ERROR agent-server: Failed\n$/),
  ]);
});

it("no field can fake a line or command the terminal", () => {
  const path = "/x\r\n2026 ERROR faked\u001b[2J\u009b2J\u2028\u007f";
  consoleLogger({ level: "info" }).error({ path, error: new Error("a\nb") }, "Failed");
  const [line = ""] = written();
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(line).toContain("\\u009b2J\\u2028\\u007f");
});
