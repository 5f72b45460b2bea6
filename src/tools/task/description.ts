import type { SubAgentKind } from "../delegation.ts";

/** Characters of the name of a sub-agent that are shown. */
const MAX_NAME = 100;
/** Characters of its description, and of the names of its tools, that are shown. */
const MAX_WORDS = 2_000;
/** Characters of the list of sub-agents. */
const MAX_LIST = 40_000;

const NONE = "- None: every sub-agent that is known has tools which you lack.";

/** Examples of good uses, by the name of the sub-agent. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "code-explorer": `subagent_type "code-explorer", prompt "How does a date in a template of this project get its format? \
Find where the format characters are defined, who calls that, and which tests cover it. Report files, lines and the few \
lines of code that matter."`,
  "bash-runner": `subagent_type "bash-runner", prompt "In /workspace/shop, run: npm test -- orders. Report how many tests \
passed and failed, and for each failure its name and the assertion that failed. No stack traces."`,
  "web-researcher": `subagent_type "web-researcher", prompt "Which parameters does the create call of the payments API of \
Stripe take? Report each with its type and whether it is required, with addresses."`,
  "general-purpose": `subagent_type "general-purpose", prompt "Move the connection pool out of src/db.py into a file of its \
own, change every import, and run the tests of src. Report what changed and what the tests showed."`,
};

/** The description of the tool `task` for an agent that may give tasks to these. */
export function taskDescription(kinds: readonly SubAgentKind[]): string {
  const examples = kinds.flatMap(({ name }) =>
    Object.hasOwn(EXAMPLES, name) ? [`- ${EXAMPLES[name]}`] : [],
  );
  return `Gives a piece of work to a sub-agent: another agent with a history of its own, which works in the same folder, by \
itself, and reports to you when it is done. You wait for it. Several calls in one reply may run at the same time.

Use it for work that takes several steps and whose details you need not see. It costs the start of another agent, so do \
small things yourself: a single search, a look at one file, an edit.

Sub-agents (\`subagent_type\`):
${kinds.length === 0 ? NONE : listOf(kinds)}

The sub-agent knows nothing of this conversation. Put into \`prompt\` all it needs: the goal, paths, names, messages of errors, \
the limits, and what it shall report. You get its report and nothing else; rely on facts, check judgements.

The result has the id of the task. With that id as \`resume\`, the same sub-agent goes on with a further prompt and knows \
what it did before.${examples.length === 0 ? "" : `\n\nExamples:\n${examples.join("\n")}`}`;
}

/** Lists sub-agents. Files of a project say what they like, and every prompt has it. */
function listOf(kinds: readonly SubAgentKind[]): string {
  const lines: string[] = [];
  let length = 0;
  for (const line of kinds.map(lineOf)) {
    length += line.length + 1;
    if (length > MAX_LIST) break;
    lines.push(line);
  }
  const more = kinds.length - lines.length;
  return [...lines, ...(more > 0 ? [`- and ${more} more, which are not listed`] : [])].join("\n");
}

function lineOf({ name, description, tools }: SubAgentKind): string {
  const names = tools.length === 0 ? "" : ` (tools: ${tools.join(", ").slice(0, MAX_WORDS)})`;
  return `- **${name.slice(0, MAX_NAME)}**: ${description.slice(0, MAX_WORDS)}${names}`;
}
