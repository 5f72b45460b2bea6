import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { planningFileEditorTool } from "../../../src/tools/file-editor/planning-file-editor-tool.ts";
import { descriptionOf } from "../../../src/tools/wire-form.ts";
import { textOf } from "../../../src/wire/events/message.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { type OpenedTool, openedTool } from "../opened-tool.ts";
import { toolHost } from "../tool-host.ts";

const HEADINGS = [
  "# 1. OBJECTIVE",
  "# 2. CONTEXT SUMMARY",
  "# 3. APPROACH OVERVIEW",
  "# 4. IMPLEMENTATION STEPS",
  "# 5. TESTING AND VALIDATION",
];

let directory: string;
let plan: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  plan = join(directory, ".agents_tmp/PLAN.md");
});

function planner(params: Record<string, unknown> = {}): Promise<OpenedTool> {
  return openedTool(planningFileEditorTool, { workingDir: directory, params });
}

describe("the editor of an agent that plans", () => {
  it("makes the file of the plan, with its headings, and changes it", async () => {
    const tool = await planner();

    const shown = await tool.call({ command: "view", path: plan });
    expect(shown).toMatchObject({ kind: "PlanningFileEditorObservation", is_error: false, path: plan });
    expect((await readFile(plan, "utf8")).split("\n").filter((line) => line !== "")).toEqual(HEADINGS);

    const edited = await tool.call({ command: "insert", path: plan, insert_line: 1, new_str: "Ship it." });
    expect(edited).toMatchObject({
      is_error: false,
      command: "insert",
      path: plan,
      prev_exist: true,
      old_content: null,
      new_content: null,
    });
    expect(await readFile(plan, "utf8")).toMatch(/^# 1\. OBJECTIVE\nShip it\.\n/);
    expect(await tool.call({ command: "undo_edit", path: plan })).toMatchObject({ is_error: false });
    expect(await readFile(plan, "utf8")).not.toContain("Ship it.");
  });

  it("makes the file before the agent works, as other programs look for it then", async () => {
    await using server = await createTestServer({
      llm: scriptedLlm([say("Hello.")]),
      tools: ["planning_file_editor"],
    });
    const chat = await server.start("Hello!");
    await chat.expectFinished();
    const made = await readFile(join(server.workingDir, ".agents_tmp/PLAN.md"), "utf8");
    expect(made.split("\n").filter((line) => line !== "")).toEqual(HEADINGS);
  });

  it("views every file and changes no other", async () => {
    await writeFile(join(directory, "code.ts"), "one\n");
    const tool = await planner();

    const path = join(directory, "code.ts");
    expect(textOf((await tool.call({ command: "view", path })).content)).toContain("one");
    const others = [
      { command: "str_replace", path, old_str: "one", new_str: "two" },
      { command: "insert", path, insert_line: 0, new_str: "two" },
      { command: "create", path: join(directory, "new.ts"), file_text: "x" },
      { command: "undo_edit", path },
      { command: "create", path: "relative.ts", file_text: "x" },
      { command: "create", path: `${plan}.bak`, file_text: "x" },
    ];
    for (const args of others) {
      expect(await tool.call(args)).toMatchObject({ is_error: true, command: args.command, path: null });
    }
    expect(await readFile(path, "utf8")).toBe("one\n");
    expect((await readdir(directory)).sort()).toEqual([".agents_tmp", "code.ts"]);
  });

  it("keeps a plan that is there, also one in the working directory itself", async () => {
    await writeFile(join(directory, "PLAN.md"), "mine\n");
    const tool = await planner();

    const earlier = join(directory, "PLAN.md");
    expect(
      await tool.call({ command: "str_replace", path: earlier, old_str: "mine", new_str: "ours" }),
    ).toMatchObject({
      is_error: false,
    });
    expect(await readFile(earlier, "utf8")).toBe("ours\n");
    expect(await tool.refusal({ command: "create", path: plan, file_text: "x" })).toContain(earlier);
  });

  it("takes a plan that was placed elsewhere, by an absolute path", async () => {
    const elsewhere = join(await temporaryDirectory(), "plans/PLAN.md");
    const tool = await planner({ plan_path: elsewhere });

    expect(
      await tool.call({ command: "insert", path: elsewhere, insert_line: 1, new_str: "x" }),
    ).toMatchObject({
      is_error: false,
    });
    expect(await tool.refusal({ command: "create", path: plan, file_text: "x" })).toContain(elsewhere);
    expect(planningFileEditorTool.params?.safeParse({ plan_path: "PLAN.md" }).error?.issues).toMatchObject([
      { path: ["plan_path"], message: "must be an absolute path" },
    ]);
    expect(planningFileEditorTool.params?.safeParse({ plan: "x" }).success).toBe(false);
  });

  it("follows no link of the project out of it", async () => {
    const outside = await temporaryDirectory();
    await writeFile(join(outside, "profile"), "secret\n");
    await mkdir(join(directory, ".agents_tmp"));
    await symlink(join(outside, "profile"), plan);
    const tool = await planner();

    expect(await tool.refusal({ command: "insert", path: plan, insert_line: 0, new_str: "x" })).toContain(
      "not allowed",
    );
    expect(await readFile(join(outside, "profile"), "utf8")).toBe("secret\n");
    await rm(plan);
    await symlink(join(outside, "new"), plan);
    await planner().then((other) => other.call({ command: "view", path: directory }));
    expect(await readdir(outside)).toEqual(["profile"]);
  });

  it("names the place of the plan to the model", async () => {
    const usual = await toolHost({ workingDir: directory });
    expect(descriptionOf(planningFileEditorTool, usual)).toContain(plan);
    const placed = await toolHost({ workingDir: directory, params: { plan_path: "/plans/PLAN.md" } });
    expect(descriptionOf(planningFileEditorTool, placed)).toContain("/plans/PLAN.md");
  });
});
