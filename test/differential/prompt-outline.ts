/** Blocks of the dynamic part of a prompt, and what of each is fixed: the rest is words of one's own. */
const KEPT: Readonly<Record<string, RegExp>> = {
  // The name and the whole text of each file.
  REPO_CONTEXT: /\[BEGIN context from \[[\s\S]*?\[END Context\]/g,
  MEMORY_CONTEXT: /(?<=<\/UNTRUSTED_CONTENT>\n\n)[\s\S]*/g,
  SKILLS: /<available_skills>[\s\S]*<\/available_skills>/g,
  CUSTOM_SECRETS: /^\* \*\*\$.*$/gm,
  CURRENT_DATETIME: /(?<=time is: ).*/g,
};

const BLOCK = new RegExp(`<(${Object.keys(KEPT).join("|")})>\\n([\\s\\S]*?)\\n?</\\1>`, "g");
/** This server alone says where the agent works. */
const OWN_BLOCK = /^<WORKSPACE>\n[\s\S]*?\n<\/WORKSPACE>\n*/;
const UNTRUSTED = /(?<=<UNTRUSTED_CONTENT>\n)[\s\S]*?(?=\n<\/UNTRUSTED_CONTENT>)/g;
const MINUTE = /\d{4}-\d\d-\d\dT\d\d:\d\d(?![:\d])/g;
const REST = /\.\.\. \[(\d+) characters truncated\. [^<]*\]|… \[(\d+) more characters[^<]*\]/g;

const EXTRA = /<EXTRA_INFO>\n[\s\S]*?\n<\/EXTRA_INFO>/g;
const SKILL_NOTE = /\n\n---\nThis skill [^`]*`([^`]*)`[\s\S]*$/;
const TOOL_BLOCKS = /\n{2,}/g;

/** The static part of a prompt: its blocks by name, and what stands between them. Other prompts are of one block. */
export function sectionsOf(text: string): string {
  if (!text.includes("\n</")) return text.includes("plan") ? "<words>" : text;
  return text.replace(/<([A-Z_]+)>\n[\s\S]*?\n<\/\1>/g, "<$1>");
}

/** The text with our own sentences and the reference's taken out, as far as it is a part of a prompt that has such. */
export function outlined(text: string): string {
  if (text.includes("<EXTRA_INFO>")) return extraInfo(text);
  if (SKILL_NOTE.test(text)) return text.replace(SKILL_NOTE, "\n<skill in $1>");
  if (!/<(WORKSPACE|CURRENT_DATETIME|REPO_CONTEXT|SKILLS|CUSTOM_SECRETS|MEMORY_CONTEXT)>\n/.test(text))
    return text;
  return text
    .replace(OWN_BLOCK, "")
    .replace(BLOCK, (_whole, tag: string, body: string) => {
      const kept = body.replace(UNTRUSTED, "<words>").match(KEPT[tag] ?? /$^/g) ?? [];
      const lines = tag === "MEMORY_CONTEXT" ? kept : kept.map((part) => part.trim());
      return [`<${tag}>`, ...lines, `</${tag}>`].join("\n");
    })
    .replace(REST, (_whole, one?: string, other?: string) => `<rest of ${one ?? other}>`)
    .replace(MINUTE, "<minute>");
}

/** The word or pattern, the place and the text stay. */
function extraInfo(text: string): string {
  return text
    .replace(EXTRA, (whole) => {
      const [, trigger = ""] = /"([^"]*)"/.exec(whole) ?? [];
      const [location = ""] = /^(?:Skill|Rule) location: .*$/m.exec(whole) ?? [];
      return `<EXTRA_INFO>\n"${trigger}" ${location}\n${contentOf(whole)}\n</EXTRA_INFO>`;
    })
    .replace(TOOL_BLOCKS, "\n\n");
}

/** What follows the sentences: an empty line ends them, or a line in brackets and an empty one. */
function contentOf(block: string): string {
  const lines = block.split("\n").slice(1, -1);
  const isWords = (line: string) =>
    line === "" ||
    LOCATED_LINE.test(line) ||
    line.includes('"') ||
    line.startsWith("(") ||
    line.startsWith("It may");
  while (lines.length > 0 && isWords(lines[0] ?? "")) lines.shift();
  return lines.join("\n");
}

const LOCATED_LINE = /^(?:Skill|Rule) location: /;
