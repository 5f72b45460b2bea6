import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTool } from "agent-server";
import { call, crashPoints, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";

const STEPS = [
  call("pay", { to: "Ada", amount: 3 }),
  call("think", { thought: "And now?" }),
  say("Paid."),
  call("pay", { to: "Bob", amount: 4 }),
  say("Both are paid."),
];
const MESSAGES = ["Pay Ada 3.", "And Bob 4."];

function payments() {
  const paid: string[] = [];
  const pay = defineTool({
    name: "pay",
    description: "Pays somebody",
    input: z.object({ to: z.string(), amount: z.number() }),
    run({ to, amount }) {
      paid.push(`${to} ${amount}`);
      return "done";
    },
  });
  return { paid, pay };
}

describe("crash points", () => {
  it("kill a server after every commit, find the conversation whole and leave no folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agent-server-crash-points-"));
    vi.stubEnv("TMPDIR", folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const { points } = await crashPoints({
      setup: () => ({ llm: scriptedLlm(STEPS, { position: "prompt" }), tools: [payments().pay] }),
      messages: MESSAGES,
    });
    expect(points).toBeGreaterThan(15);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("go on with what the user had confirmed", async () => {
    const { points } = await crashPoints({
      setup: () => ({ llm: scriptedLlm(STEPS, { position: "prompt" }), tools: [payments().pay] }),
      messages: MESSAGES,
      conversation: { confirmation_policy: { kind: "AlwaysConfirm" } },
    });
    expect(points).toBeGreaterThan(15);
  });

  it("find what is done twice", async () => {
    // This model repeats every payment that it has no receipt for.
    const impatient = () =>
      scriptedLlm(({ messages }) => {
        const hasReceipt = messages.some((message) => message.role === "tool" && text(message) === "done");
        return hasReceipt ? say("Paid.") : call("pay", { to: "Ada", amount: 3 });
      });
    const text = ({ content }: { content: object[] }) => (content[0] as { text?: string } | undefined)?.text;
    const flow = { setup: () => ({ llm: impatient(), tools: [payments().pay] }), messages: ["Pay Ada 3."] };
    await expect(crashPoints(flow)).rejects.toThrow(
      /killed after commit \d+: pay \{"to":"Ada","amount":3\} was called 2 times, without the kill 1[\s\S]*error +pay:/,
    );
  });

  it("let tools repeat what makes no difference", async () => {
    const look = defineTool({
      name: "look",
      description: "Looks",
      input: z.object({}),
      annotations: { readOnlyHint: true },
      run: () => "nothing to see",
    });
    const llm = () =>
      scriptedLlm(({ messages }) =>
        messages.some(({ content }) => JSON.stringify(content).includes("nothing to see"))
          ? say("Seen.")
          : call("look", {}),
      );
    const report = await crashPoints({ setup: () => ({ llm: llm(), tools: [look] }), messages: ["Look."] });
    expect(report.points).toBeGreaterThan(5);
  });

  it("compare what the flow left behind", async () => {
    let passes = 0;
    const flow = {
      setup: () => ({ llm: scriptedLlm([say("Hi")], { position: "prompt" as const }) }),
      messages: ["Hello"],
      outcome: () => ({ passes: passes++ > 0 ? "later" : "first" }),
    };
    await expect(crashPoints(flow)).rejects.toThrow(
      'killed after commit 1: the outcome at passes: "later", without the kill "first"',
    );
  });
});
