import { afterAll, expect, it } from "vitest";
import { parseToolArguments } from "../../src/agent/calls/tool-arguments.ts";
import { patternSecurityAnalyzer } from "../../src/agent/security/pattern-security-analyzer.ts";
import { ShellScanner } from "../../src/agent/security/worker/shell-scanner.ts";
import { parseCall } from "../../src/llm/text-tools/parse-call.ts";

const LENGTH = 400_000;

/** Beginnings of what our patterns look for: where one is slow, so many of them take minutes. */
const PIECES = [
  ...["rm ", "rm -r", " ", "curl ", "wget x|", "dd of=", "sudo ", "sh -c '", "\\", "'", '"', "$(", "{", "a="],
  ...["<parameter=", "<parameter=a>", "<function=", "<tool_call> ", "</function", "<think>", "\n ", "\r\n"],
  ...["ignore all ", "you are now ", "pretend ", "eval ("],
];

const scanner = new ShellScanner();
afterAll(() => scanner.close());

it.each(PIECES)("a long run of %j is read in one pass", async (piece) => {
  const text = piece.repeat(Math.ceil(LENGTH / piece.length));
  const analyze = await patternSecurityAnalyzer({ kind: "PatternSecurityAnalyzer" }, scanner);
  const call = {
    id: "c",
    name: "terminal",
    arguments: JSON.stringify({ command: text }),
    origin: "completion" as const,
  };
  const risk = await analyze({
    kind: "ActionEvent",
    id: "a",
    timestamp: "2026-01-01T12:00:00.000000",
    parent_id: null,
    source: "agent",
    thought: [{ type: "text", text, cache_prompt: false }],
    thinking_blocks: [],
    reasoning_content: null,
    responses_reasoning_item: null,
    action: { kind: "TerminalAction", command: text, is_input: false, timeout: null, reset: false },
    tool_name: "terminal",
    tool_call_id: "c",
    tool_call: call,
    llm_response_id: "r",
    security_risk: "UNKNOWN",
    summary: null,
  });
  expect(risk).toMatch(/^(HIGH|MEDIUM|LOW|UNKNOWN)$/);

  const tool = {
    name: "terminal",
    description: "",
    parameters: { properties: { command: { type: "string" } } },
  };
  for (const before of ["", "<function=terminal>\n<parameter=command>"]) {
    try {
      expect(parseCall(before + text, [tool])).toBeDefined();
    } catch (error) {
      expect(error).toMatchObject({ name: "FunctionCallValidationError" });
    }
  }
  expect(() => parseToolArguments(`{"command":"${text}`)).toThrow(SyntaxError);
});
