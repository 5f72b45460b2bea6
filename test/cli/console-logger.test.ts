import { expect, it, vi } from "vitest";
import { consoleLogger } from "../../src/cli/console-logger.ts";

it("no field can fake a line or command the terminal", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const path = "/x\r\n2026 ERROR faked\u001b[2J\u009b2J\u2028\u007f";
    consoleLogger({ debug: false }).error({ path, error: new Error("a\nb") }, "Failed");
    const line = String(write.mock.calls[0]?.[0]);
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(line).toContain("\\u009b2J\\u2028\\u007f");
  } finally {
    write.mockRestore();
  }
});
