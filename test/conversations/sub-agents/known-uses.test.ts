import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { readableText } from "../../../src/wire/events/message.ts";
import { type Answers, gathering, MARK, promptText, taskOf, twoModels } from "./delegating.ts";

/** Uses that the reference shows in its examples, with scripts and words of our own. */
describe("as in the reference's examples", { timeout: 120_000 }, () => {
  it("an agent has a sub-agent write a question, and resumes it with an answer", async () => {
    const expert: Answers = (turn) =>
      say(turn === 0 ? "Which animal sleeps standing? A) horse B) cat C) bat D) eel" : "A is right.");
    const host: Answers = (turn, request) => {
      const last = readableText(request.messages.at(-1)?.content ?? []);
      if (turn === 0) return call("task", { prompt: `${MARK}: a question`, subagent_type: "animal_expert" });
      if (last.startsWith("Ask it"))
        return call("task", {
          prompt: "Is A right?",
          subagent_type: "animal_expert",
          resume: "task_00000001",
        });
      return say(last.includes("A is right.") ? "It was right." : "I choose A.");
    };
    const llm = twoModels(host, expert);
    await using server = await createTestServer({ llm, tools: ["task_tool_set"], patience: 60_000 });
    const agent_definitions = [
      {
        name: "animal_expert",
        description: "Writes and checks questions about animals.",
        system_prompt: "Keep every answer short.",
      },
    ];
    const chat = await server.start("Let it write a question, and choose an answer.", { agent_definitions });
    await chat.expectFinished("I choose A.");
    await chat.send("Ask it whether that is right.");
    await chat.expectFinished("It was right.");
    const resumed = llm.requests.findLast((request) => taskOf(request).startsWith(MARK));
    expect(resumed?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  });

  it("a sub-agent that the request defines reads a file with its tool", async () => {
    const checker: Answers = (turn, request) => {
      if (turn === 0)
        return call("file_editor", { command: "view", path: /\/\S+/.exec(taskOf(request))?.[0] });
      return say(
        promptText(request).includes("This are wrong") ? "'This are' is wrong." : "Nothing is wrong.",
      );
    };
    let path = "";
    const llm = twoModels((turn) => {
      const task = { prompt: `${MARK}: check ${path}`, subagent_type: "grammar-checker" };
      return turn === 0 ? call("task", task) : say("Checked.");
    }, checker);
    await using server = await createTestServer({ llm, tools: ["task_tool_set"], patience: 60_000 });
    path = join(server.workingDir, "README.md");
    await writeFile(path, "This are wrong.\n");
    const agent_definitions = [
      { name: "grammar-checker", tools: ["file_editor"], system_prompt: "You look for faults of grammar." },
    ];
    const chat = await server.start("Have it checked.", { agent_definitions });
    await chat.expectObservation("task", "'This are' is wrong.");
    await chat.expectFinished("Checked.");
  });

  it("a workflow audits the parts of a repository two at a time, and one more sub-agent sums up", async () => {
    const areas = ["packages/core", "packages/tools", "packages/space", "packages/server"];
    let busy = 0;
    let most = 0;
    const gathered = gathering(2);
    const auditor: Answers = async (_turn, request) => {
      busy += 1;
      most = Math.max(most, busy);
      await gathered();
      await new Promise((done) => setTimeout(done, 20));
      busy -= 1;
      const task = taskOf(request);
      if (!task.includes("Input:")) return say(`Gaps of ${/packages\/\w+/.exec(task)?.[0]}: none.`);
      return say(`Report on ${task.match(/Gaps of packages\/\w+/g)?.length} areas.`);
    };
    const script = `
async def main(wf):
    areas = ${JSON.stringify(areas)}
    findings = await wf.map_agents(
        items=areas,
        prompt=lambda area: "\\n".join([
            "${MARK}: audit the tests of one area.",
            f"Area: {area}",
            f"Tests: tests/{area.split('/')[-1]}",
        ]),
        subagent_type="coverage_auditor",
        max_concurrency=2,
        description=lambda area: f"Audit {area}",
    )
    by_area = {area: finding for area, finding in zip(areas, findings)}
    report = await wf.reduce_agent(
        items=by_area,
        prompt="${MARK}: put the findings together, worst first.",
        subagent_type="coverage_auditor",
    )
    return f"# Coverage\\n{report}\\n" + "\\n".join(f"{index}. {area}" for index, area in enumerate(areas, start=1))
`;
    const llm = twoModels(
      (turn) =>
        turn === 0 ? call("workflow", { name: "coverage", script, max_concurrency: 2 }) : say("Audited."),
      auditor,
    );
    await using server = await createTestServer({ llm, tools: ["workflow_tool_set"], patience: 60_000 });
    const agent_definitions = [
      {
        name: "coverage_auditor",
        description: "Audits the tests of an area.",
        tools: ["terminal", "file_editor"],
        system_prompt: "Give evidence, gaps and the next tests to write. Change nothing.",
      },
    ];
    const chat = await server.start("Audit the repository.", { agent_definitions });
    const numbered = areas.map((area, index) => `${index + 1}. ${area}`).join("\n");
    await chat.expectObservation("workflow", `# Coverage\nReport on 4 areas.\n${numbered}`);
    await chat.expectFinished("Audited.");
    expect(most).toBe(2);
  });

  it("an agent plans, and another carries the plan out", async () => {
    const model = (request: LlmRequest) => {
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      const plan = /\/\S+PLAN\.md/.exec(taskOf(request))?.[0];
      if (turn === 1) return say("Done.");
      return request.tools.some(({ name }) => name === "planning_file_editor")
        ? call("planning_file_editor", {
            command: "insert",
            path: plan,
            insert_line: 1,
            new_str: "Write a.txt.",
          })
        : call("terminal", { command: `grep -q 'Write a.txt' ${plan} && echo made > a.txt` });
    };
    await using server = await createTestServer({
      llm: scriptedLlm(model),
      tools: ["planning_file_editor", "terminal"],
      patience: 60_000,
    });
    const plan = join(server.workingDir, ".agents_tmp/PLAN.md");
    const start = async (tool: string) => {
      const chat = await server.start(`The plan is ${plan}`, { agent: { tools: [{ name: tool }] } });
      await chat.expectFinished("Done.");
    };
    await start("planning_file_editor");
    await start("terminal");
    expect(await readFile(join(server.workingDir, "a.txt"), "utf8")).toBe("made\n");
  });
});
