import { finish, pause, run, type Scenario, think } from "../../scenario.ts";

interface Hook {
  type?: string;
  command?: string;
  [field: string]: unknown;
}

/** Hooks as a request has them: commands by moment, each for every tool. */
function hooked(commands: Record<string, string | Hook | readonly (string | Hook)[]>): object {
  const hooks = Object.entries(commands).map(([moment, list]) => {
    const own = [list].flat().map((hook) => (typeof hook === "string" ? { command: hook } : hook));
    return [moment, [{ hooks: own }]];
  });
  return { hook_config: Object.fromEntries(hooks) };
}

function forTools(moment: string, commands: Record<string, string>): object {
  const matchers = Object.entries(commands).map(([matcher, command]) => ({ matcher, hooks: [{ command }] }));
  return { hook_config: { [moment]: matchers } };
}

const deny = (fields: object) => `echo '${JSON.stringify({ decision: "deny", ...fields })}'`;
const adds = (additionalContext: string) => `echo '${JSON.stringify({ additionalContext })}'`;
const verdict = (decision: string, reason: string) => ({ text: JSON.stringify({ decision, reason }) });

const twoCalls = {
  calls: [
    { name: "terminal", args: { command: "echo hi" } },
    { name: "think", args: { thought: "Well." } },
  ],
};

export const hookScenarios: Scenario[] = [
  {
    name: "hooks at every moment",
    script: [run("echo hi"), finish],
    request: hooked({
      session_start: "echo start",
      user_prompt_submit: "echo message",
      pre_tool_use: "echo before",
      post_tool_use: "echo after; exit 1",
      stop: "echo stop >&2",
      session_end: "echo end",
    }),
    drive: async (client) => {
      await client.get("");
      await client.sendAndWait("Go.");
      await client.get("");
    },
  },
  {
    name: "the input of hooks",
    script: [run("echo hi"), finish],
    request: hooked({
      session_start: "tr -d '[:space:]' | sed -E 's/[0-9a-f-]{36}/ID/'",
      user_prompt_submit: "sed -E 's/[0-9a-f-]{36}/ID/'",
      pre_tool_use: "sed -E 's/[0-9a-f-]{36}/ID/'; echo $OPENHANDS_EVENT_TYPE $OPENHANDS_TOOL_NAME $AI_AGENT",
      stop: "sed -E 's/[0-9a-f-]{36}/ID/'",
    }),
  },
  {
    name: "a call that a hook refuses by its exit code",
    script: [run("echo hi"), finish],
    request: hooked({ pre_tool_use: "grep -q echo && { echo ' not here ' >&2; exit 2; }; exit 0" }),
  },
  {
    name: "a call that a hook refuses by its decision",
    script: [run("echo hi"), finish],
    request: forTools("pre_tool_use", { terminal: `${deny({ reason: "because" })}; echo other >&2` }),
  },
  {
    name: "a call that a hook refuses by continue, without a reason",
    script: [run("echo hi"), finish],
    request: forTools("pre_tool_use", { terminal: `echo '{"continue": false}'` }),
  },
  {
    name: "the matchers of hooks",
    script: [run("echo hi"), think("Well."), finish],
    request: forTools("pre_tool_use", {
      terminal: "echo the name",
      "/think|finish/": "echo a pattern",
      "t.*": "echo a pattern without slashes",
      Terminal: "echo not in this case",
      "/thin/": "echo only a part",
      "": "echo nothing is everything",
    }),
  },
  {
    name: "text of a hook at the start",
    script: [finish],
    request: hooked({ session_start: [adds("One."), "true", adds("Two.")] }),
  },
  {
    name: "text of a hook to a message",
    script: [finish],
    request: hooked({ user_prompt_submit: [adds("One."), adds("Two.")] }),
  },
  {
    name: "a message that a hook blocks",
    script: [finish],
    request: hooked({ user_prompt_submit: "grep -q bad && exit 2; exit 0" }),
    drive: async (client) => {
      await client.sendAndWait("bad");
      await client.sendAndWait("good");
    },
  },
  {
    name: "a message that a hook blocks and adds to",
    script: [finish],
    request: hooked({ user_prompt_submit: deny({ reason: "no", additionalContext: "more" }) }),
  },
  {
    name: "a hook in the background",
    script: [run("echo hi"), finish],
    request: hooked({ pre_tool_use: { command: "sleep 1; exit 2", async: true } }),
  },
  {
    name: "hooks that fail after a call",
    script: [run("echo hi"), finish],
    request: forTools("post_tool_use", {
      terminal: "./no-such-program; exit 127",
      "/terminal/": "echo broken; exit 3",
      "t.*l": `echo '[1, 2]'`,
      "*": `echo '{"decision": 1, "reason": "none"}'; exit 2`,
    }),
  },
  {
    name: "a hook that takes too long after a call",
    script: [run("echo hi"), finish],
    request: {
      hook_config: { post_tool_use: [{ matcher: "terminal", hooks: [{ command: "sleep 5", timeout: 1 }] }] },
    },
  },
  {
    name: "guards that cannot be started or take too long",
    script: [run("echo hi"), think("Well."), finish],
    request: {
      hook_config: {
        pre_tool_use: [
          { matcher: "terminal", hooks: [{ command: "./no-such-program" }] },
          { matcher: "think", hooks: [{ command: "sleep 5", timeout: 1 }] },
        ],
      },
    },
  },
  {
    name: "a model that judges as a hook",
    script: [
      run("echo a"),
      verdict("deny", "because"),
      run("echo b"),
      { text: 'Sure: ```json\n{"decision": "ALLOW", "reason": "fine"}\n```' },
      run("echo c"),
      { text: "I cannot say." },
      { text: "Done." },
    ],
    request: hooked({ pre_tool_use: { type: "prompt", name: "judge", prompt: "Refuse everything." } }),
  },
  {
    name: "an agent that judges as a hook",
    script: [
      run("echo a"),
      { calls: [{ name: "finish", args: { message: '{"decision": "deny", "reason": "because"}' } }] },
      run("echo b"),
      run("ls"),
      verdict("allow", "fine"),
      { text: "Done." },
    ],
    request: hooked({
      pre_tool_use: { type: "agent", name: "judge", system_prompt: "Judge.", tools: ["terminal"] },
    }),
  },
  {
    name: "a stop that hooks refuse once",
    script: [finish, { text: "Tested." }],
    request: hooked({
      stop: ["test -f seen || { touch seen; echo 'run the tests' >&2; exit 2; }", "echo second"],
    }),
  },
  {
    name: "a stop that hooks refuse with a text",
    script: [finish, { text: "Tested." }],
    request: hooked({
      stop: `test -f seen && exit 0; touch seen; ${deny({ reason: "reason", additionalContext: "text" })}`,
    }),
  },
  {
    name: "a stop that hooks always refuse",
    script: [{ text: "a" }, { text: "b" }, { text: "c" }, { text: "d" }, { text: "e" }],
    request: { ...hooked({ stop: "exit 2" }), max_iterations: 4 },
  },
  {
    name: "hooks of a stop at a further run",
    script: [finish],
    request: hooked({ stop: "echo stop" }),
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.postAndWait("/run");
    },
  },
  {
    name: "hooks and confirmation",
    script: [twoCalls, finish],
    request: {
      ...forTools("pre_tool_use", { think: "exit 2", terminal: "echo fine" }),
      confirmation_policy: { kind: "AlwaysConfirm" },
    },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.postAndWait("/run");
    },
  },
  {
    name: "hooks and calls at one time",
    script: [
      {
        calls: [
          { name: "think", args: { thought: "a" } },
          { name: "terminal", args: { command: "echo b" } },
          { name: "think", args: { thought: "c" } },
        ],
      },
      finish,
    ],
    agent: { tool_concurrency_limit: 3 },
    request: hooked({ pre_tool_use: "grep -q echo && exit 2; exit 0", post_tool_use: "echo after" }),
  },
  {
    name: "a finish that a hook refuses",
    script: [finish, { text: "Not yet." }],
    request: forTools("pre_tool_use", { finish: "exit 2" }),
  },
  {
    name: "hooks as other programs write them",
    script: [finish],
    request: {
      hook_config: {
        hooks: { PreToolUse: [{ hooks: [{ command: "echo hi", async_: true, timeout: 5 }] }], Stop: [] },
      },
    },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await pause(500);
      await client.get("");
    },
  },
];
