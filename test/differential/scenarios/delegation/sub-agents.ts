import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client } from "../../client.ts";
import { call, finish, run, type Scenario, type Setting, think } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const task = (args: object): Step => call("task", args);
const say = (text: string): Step => ({ text });
const tools = (...names: string[]) => ({ tools: names.map((name) => ({ name })) });
const TASKS = tools("task_tool_set");

/** The reference keeps definitions for the whole process, so that each scenario has other names. */
const definition = (name: string, more: object = {}) => ({ name, description: `About ${name}.`, ...more });

const scoped = (...names: string[]) => ({
  tools: [
    ...names.map((name) => ({ name })),
    { name: "task_tool_set", params: { sub_agent_scope: { tools: true } } },
  ],
});

function withFiles(files: Readonly<Record<string, string>>) {
  return async (client: Client, { workspace }: Setting): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    await client.sendAndWait("Go.");
  };
}

/** Sub-agents answer from the same script: their turn comes while the agent waits. */
export const subAgentScenarios: Scenario[] = [
  {
    name: "task: a sub-agent that answers",
    script: [task({ prompt: "Count the files.", description: "Count" }), say("Three files."), finish],
    agent: TASKS,
  },
  {
    name: "task: a sub-agent that finishes by its tool",
    script: [
      task({ prompt: "Look.", subagent_type: "code-explorer" }),
      call("finish", { message: "Found." }),
      finish,
    ],
    agent: TASKS,
  },
  {
    name: "task: a sub-agent that works in the folder",
    script: [
      task({ prompt: "Write.", subagent_type: "bash-runner" }),
      run("echo written > made; cat made"),
      say("It is made."),
      run("cat made"),
      finish,
    ],
    agent: tools("terminal", "task_tool_set"),
  },
  {
    name: "task: prompts of an agent and its sub-agent",
    script: [task({ prompt: "Think it over.", subagent_type: "worded" }), say("Thought."), finish],
    agent: TASKS,
    request: { agent_definitions: [definition("worded", { system_prompt: "Words of the definition." })] },
    prompts: ["Words of the definition.", "Think it over.", "Task ID: task_00000001"],
  },
  {
    name: "task: a sub-agent that is not known",
    script: [task({ prompt: "Go.", subagent_type: "nobody at all" }), finish],
    agent: TASKS,
  },
  {
    name: "task: arguments that are not valid",
    script: [
      task({ subagent_type: "general-purpose" }),
      task({ prompt: 3 }),
      call("task", "{no json"),
      finish,
    ],
    agent: TASKS,
  },
  {
    name: "task: former names",
    script: [
      task({ prompt: "One.", subagent_type: "default" }),
      say("1"),
      task({ prompt: "Two.", subagent_type: "explore" }),
      say("2"),
      task({ prompt: "Three.", subagent_type: "bash" }),
      say("3"),
      finish,
    ],
    agent: TASKS,
  },
  {
    name: "task: resumed",
    script: [
      task({ prompt: "First." }),
      say("Report one."),
      task({ prompt: "Second.", resume: "task_00000001" }),
      say("Report two."),
      finish,
    ],
    agent: TASKS,
  },
  {
    name: "task: resumed, but not known",
    script: [task({ prompt: "On.", resume: "task_0000000f" }), finish],
    agent: TASKS,
  },
  {
    name: "task: a sub-agent that takes too many steps",
    script: [task({ prompt: "Think.", subagent_type: "short" }), think("1"), think("2"), finish],
    agent: TASKS,
    request: { agent_definitions: [definition("short", { max_iteration_per_run: 2 })] },
  },
  {
    name: "task: a sub-agent whose model fails",
    script: [task({ prompt: "Ask." }), { error: { status: 400, message: "no such thing" } }, finish],
    agent: TASKS,
  },
  {
    name: "task: a sub-agent that says nothing",
    script: [task({ prompt: "Say." }), call("finish", { message: "" }), finish],
    agent: TASKS,
  },
  {
    name: "task: a sub-agent without a tool that there is",
    script: [task({ prompt: "Fly.", subagent_type: "flyer" }), finish],
    agent: TASKS,
    request: { agent_definitions: [definition("flyer", { tools: ["wings"] })] },
  },
  {
    name: "task: a sub-agent of the project",
    script: [task({ prompt: "Help.", subagent_type: "of-project" }), run("pwd"), say("Helped."), finish],
    agent: TASKS,
    drive: withFiles({
      ".agents/agents/helper.md":
        "---\nname: of-project\ndescription: Of the project.\ntools:\n  - terminal\n---\nYou help.\n",
    }),
  },
  {
    name: "task: a sub-agent of the project with a skill that there is not",
    script: [task({ prompt: "Help.", subagent_type: "unskilled" }), finish],
    agent: TASKS,
    drive: withFiles({
      ".agents/agents/helper.md": "---\nname: unskilled\nskills: none-such\n---\nYou help.\n",
    }),
  },
  {
    name: "task: several, one after the other",
    script: [
      { calls: [1, 2].map((n) => ({ name: "task", args: { prompt: `Number ${n}.` } })) },
      say("One."),
      say("Two."),
      finish,
    ],
    agent: TASKS,
  },
  {
    name: "task: held to the tools of its agent",
    script: [
      task({ prompt: "Look.", subagent_type: "code-explorer" }),
      say("Looked."),
      task({ prompt: "Write.", subagent_type: "general-purpose" }),
      finish,
    ],
    agent: scoped("terminal"),
  },
  {
    name: "task: held to the tools of an agent that has none",
    script: [task({ prompt: "Look.", subagent_type: "bash-runner" }), finish],
    agent: scoped(),
  },
  {
    name: "task: a sub-agent that never asks",
    script: [task({ prompt: "Run.", subagent_type: "free" }), run("echo ran"), say("Ran."), finish],
    agent: TASKS,
    request: {
      agent_definitions: [definition("free", { tools: ["terminal"], permission_mode: "never_confirm" })],
    },
  },
  {
    name: "task: the figures of a sub-agent",
    script: [task({ prompt: "Think." }), think("a"), think("b"), say("Thought."), finish],
    agent: TASKS,
  },
  {
    name: "task: hooks of a definition",
    script: [
      task({ prompt: "Run.", subagent_type: "hooked" }),
      run("echo no"),
      say("It was refused."),
      finish,
    ],
    agent: TASKS,
    request: {
      agent_definitions: [
        definition("hooked", {
          tools: ["terminal"],
          hooks: { pre_tool_use: [{ matcher: "terminal", hooks: [{ command: "exit 2" }] }] },
        }),
      ],
    },
  },
];

const workflow = (script: string, more: object = {}): Step =>
  call("workflow", { name: "flow", script, max_concurrency: 1, ...more });
const WORKFLOWS = tools("workflow_tool_set");

export const workflowScenarios: Scenario[] = [
  {
    name: "workflow: a value",
    script: [
      workflow("async def main(wf):\n    return {'a': [1, None, True], 'b': wf.flatten([[1], 2])}\n"),
      finish,
    ],
    agent: WORKFLOWS,
  },
  {
    name: "workflow: sub-agents in a row",
    script: [
      workflow("async def main(wf):\n    return await wf.map_agents(['a', {'b': 1}], 'Item {item}')\n"),
      say("First."),
      say("Second."),
      finish,
    ],
    agent: WORKFLOWS,
  },
  {
    name: "workflow: a reduction",
    script: [
      workflow(
        "async def main(wf):\n    one = await wf.run_agent('One', description='x')\n" +
          "    return await wf.reduce_agent([one, {'k': [1]}], 'Sum up')\n",
      ),
      say("First."),
      say("Sum."),
      finish,
    ],
    agent: WORKFLOWS,
    prompts: ["Sum up", "Input:", '"First."'],
  },
  {
    name: "workflow: a pipeline",
    script: [
      workflow(
        "async def main(wf):\n    def fail(value):\n        raise ValueError('no')\n" +
          "    return [await wf.pipeline([1, 2], str), await wf.pipeline(['a'], fail)]\n",
      ),
      finish,
    ],
    agent: WORKFLOWS,
  },
  {
    name: "workflow: an error of the script",
    script: [workflow("async def main(wf):\n    raise ValueError('of the script')\n"), finish],
    agent: WORKFLOWS,
  },
  {
    name: "workflow: failures of a map",
    script: [
      workflow(
        "async def main(wf):\n    return await wf.map_agents(['a', 'b'], 'Item {item}', subagent_type='short-flow')\n",
      ),
      think("1"),
      think("2"),
      finish,
    ],
    agent: WORKFLOWS,
    request: { agent_definitions: [definition("short-flow", { max_iteration_per_run: 1 })] },
  },
  {
    name: "workflow: scripts that are refused",
    script: [
      workflow("import os\nasync def main(wf):\n    return 1\n"),
      workflow("def main(wf):\n    return 1\n"),
      workflow("async def main(wf):\n    return wf._x\n"),
      workflow("async def main(wf):\n    return eval('1')\n"),
      workflow("async def main(wf:\n"),
      finish,
    ],
    agent: WORKFLOWS,
  },
  {
    name: "workflow: arguments that are not valid",
    script: [
      workflow("async def main(wf):\n    return 1\n", { max_concurrency: 0 }),
      workflow("async def main(wf):\n    return 1\n", { max_concurrency: 65 }),
      call("workflow", { name: "flow" }),
      finish,
    ],
    agent: WORKFLOWS,
  },
];
