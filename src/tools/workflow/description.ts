import type { SubAgentKind } from "../delegation.ts";

/** Characters of the names of sub-agents that are shown. */
const MAX_NAMES = 10_000;

/** The description of the tool `workflow` for an agent that may start these. */
export function workflowDescription(kinds: readonly SubAgentKind[]): string {
  const names =
    kinds
      .map(({ name }) => name)
      .join(", ")
      .slice(0, MAX_NAMES) || "none";
  return `Runs a workflow: a Python script of yours that hands work to many sub-agents, in parallel and in stages, and puts \
their reports together. What lies in between stays out of this conversation; you get what the script returns.

Use it for work that falls into many like pieces: an audit of all modules, several plans that are compared and criticised, \
a search in many places. For a single piece of work there are simpler ways.

The script defines this, and nothing else needs to be there:

\`\`\`python
async def main(wf):
    ...
\`\`\`

It plans; the sub-agents do the work, with their tools and by their rules. It cannot import modules, read files or run \
programs, and has no names that begin with two underscores. \`print\` shows nothing here: return what matters.

- \`await wf.run_agent(prompt, subagent_type="general-purpose", description=None)\`: the report of one sub-agent.
- \`await wf.map_agents(items, prompt, subagent_type="general-purpose", max_concurrency=None, description=None)\`: one for each \
item, the reports in the order of the items. \`prompt\` is a function of the item, such as \
\`lambda item: f"Review {item}"\`, or a text in which \`{item}\` is filled in.
- \`await wf.reduce_agent(items, prompt, subagent_type="general-purpose", description=None)\`: the report of one sub-agent that is \
given all items, as JSON; what is too long is left out.
- \`await wf.pipeline(items, *stages)\`: each item through all stages, functions that may be async, without waiting for the \
others. An item whose stage raises becomes \`None\`. Better than one \`map_agents\` after the other where the items do not need \
each other.
- \`wf.flatten(values)\`: a list of lists as one list.

Each sub-agent knows its prompt and nothing else. If some of \`map_agents\` fail, it raises one exception for all of them when \
all have ended; \`except Exception\` catches it.

\`subagent_type\` is one of: ${names}.

Example:
\`\`\`python
async def main(wf):
    areas = ["src/api", "src/store", "src/ui"]
    findings = await wf.map_agents(areas, "List places in {item} where errors are swallowed, with file and line.",
                                   subagent_type="code-explorer", max_concurrency=3)
    doubts = await wf.map_agents(findings, lambda found: f"Which of these are false alarms, and why?\\n{found}")
    return await wf.reduce_agent({"findings": findings, "doubts": doubts}, "Write the list of real faults, worst first.")
\`\`\``;
}
