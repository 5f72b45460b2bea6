import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const skill = (name: string, content: string) =>
  `---\nname: ${name}\ndescription: About ${name}.\n---\n${content}\n`;

/** What both servers find on their machine: skills and notes of their user, and a copy of the public skills. */
const FILES: Readonly<Record<string, string>> = {
  "home/.agents/skills/mine/SKILL.md": skill("mine", "Mine."),
  "home/.openhands/skills/both.md": "---\ntriggers: [both]\n---\nOf the user.\n",
  "home/.openhands/microagents/old.md": "---\nname: old\ntriggers:\n- old\n---\nOld.\n",
  "home/.openhands/memory/MEMORY.md": "* Prefers tabs.\n* Works in Oslo.\n",
  "extensions/marketplaces/default.json": JSON.stringify({
    name: "default",
    owner: { name: "owner", email: "owner@example.com" },
    plugins: [{ name: "offered", source: "./skills/offered" }],
  }),
  "extensions/skills/offered/SKILL.md": skill("offered", "Offered."),
  "extensions/skills/loose.md": "---\ntriggers: [loose]\n---\nLoose.\n",
  "extensions/skills/left-out/SKILL.md": skill("left-out", "Left out."),
};

/** Writes the files that both servers read into the folder that their homes lie in. */
export async function writeSharedFiles(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
