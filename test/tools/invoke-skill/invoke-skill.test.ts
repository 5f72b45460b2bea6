import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { invokeSkillTool } from "../../../src/tools/invoke-skill/invoke-skill-tool.ts";
import { type Skill, skill } from "../../../src/wire/agent/skill.ts";
import { openLocal, temporaryDirectory } from "../../workspace/open-local.ts";
import { callContext, toolHost } from "../tool-host.ts";

async function read(skills: readonly Skill[], name: string, signal?: AbortSignal) {
  const executor = await invokeSkillTool.open(await toolHost({ skills }));
  return executor.run({ name }, callContext(signal));
}

async function rendered(content: string, signal?: AbortSignal): Promise<string> {
  const { content: parts } = await read([skill.parse({ name: "s", content })], "s", signal);
  const [part] = parts;
  return part?.type === "text" ? part.text : "";
}

describe("commands in a skill", () => {
  it("are replaced by their output, where they are no code and not shown as such", async () => {
    expect(await rendered("It is !`echo now`, not \\!`echo shown`, `!x` or\n```\n!`echo code`\n```\n")).toBe(
      "It is now, not !`echo shown`, `!x` or\n```\n!`echo code`\n```\n",
    );
    expect(await rendered("```\n!`echo open`")).toBe("```\n!`echo open`");
    expect(await rendered("No ! ` or !`` at all")).toBe("No ! ` or !`` at all");
  });

  it("that fail say so in their place", async () => {
    expect(await rendered("A !`echo bad >&2; exit 3` B")).toBe(
      "A [Error: Command `echo bad >&2; exit 3`: exit code 3: bad\n] B",
    );
  });

  it("that hang are stopped after ten seconds, with what they have started", {
    timeout: 40_000,
  }, async () => {
    const text = await rendered("!`sleep 321 & sleep 321`");
    expect(text).toBe("[Error: Command `sleep 321 & sleep 321`: stopped: it took too long]");
  });

  it("stop at once when the call is interrupted", async () => {
    const stop = new AbortController();
    const running = rendered("!`sleep 321`", stop.signal);
    setTimeout(() => stop.abort(), 200);
    await expect(running).rejects.toThrow("aborted");
  });

  it("that flood are cut, and are not run without end", async () => {
    const flood = await rendered("!`head -c 9000000 /dev/zero | tr '\\0' x`");
    expect(flood).toMatch(/^x{51200}\n… \[the rest of the output is left out\]$/);
    const many = await rendered("!`echo 1`".repeat(25));
    expect(many.match(/not run: 20 are run at most/g)).toHaveLength(5);
  });
});

describe("a skill that is asked for", () => {
  const skills = [
    skill.parse({ name: "a", content: "A.", is_agentskills_format: true }),
    skill.parse({ name: "rule", content: "R.", trigger: { type: "path", paths: ["*"] } }),
  ];

  it("must be one that the model may ask for", async () => {
    expect(await read(skills, "b")).toMatchObject({
      is_error: true,
      skill_name: "b",
      content: [{ text: "There is no skill 'b'. You have: a." }],
    });
    expect(await read(skills, "rule")).toMatchObject({ is_error: true, skill_name: "rule" });
    expect(await read([], "a")).toMatchObject({
      content: [{ text: "There is no skill 'a'. You have none." }],
    });
  });

  it("says where its folder is, if the machine has it", async () => {
    const workingDir = await temporaryDirectory();
    const folder = join(workingDir, "skills/a");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "SKILL.md"), "A.");
    const noteOf = async (source: string, place: string) => {
      const host = await toolHost({ skills: [skill.parse({ name: "a", content: "A.", source })] });
      const executor = await invokeSkillTool.open({
        ...host,
        workspace: await openLocal({ workingDir: place }),
      });
      const { content } = await executor.run({ name: "a" }, callContext());
      return content[0]?.type === "text" ? content[0].text : "";
    };
    const source = join(folder, "SKILL.md");
    expect(await noteOf(source, workingDir)).toContain("\n\n---\nThis skill lies in `skills/a`.");
    expect(await noteOf(source, await temporaryDirectory())).toContain(`This skill lies in \`${folder}\`.`);
    for (const none of ["/nowhere/SKILL.md", "github:owner/skills", folder]) {
      expect(await noteOf(none, workingDir)).toBe("A.");
    }
  });
});
