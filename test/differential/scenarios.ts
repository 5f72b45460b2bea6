import type { Client } from "./client.ts";
import type { Step } from "./scripted-model.ts";

export interface Scenario {
  name: string;
  script: readonly Step[];
  /** Laid over the start request. */
  request?: object;
  /** Laid over the agent. */
  agent?: object;
  /** Laid over the model. */
  llm?: object;
  /** What the client does; one message and its run when left out. */
  drive?(client: Client): Promise<void>;
}

const finish: Step = { calls: [{ name: "finish", args: { message: "Done." } }] };
const run = (command: string, more: object = {}): Step => ({
  calls: [{ name: "terminal", args: { command, ...more } }],
});
const edit = (args: object): Step => ({ calls: [{ name: "file_editor", args }] });

/** Paths are written so that both servers see the same text: the workspace is the same folder for both. */
export function scenarios(workspace: string): Scenario[] {
  const file = `${workspace}/a.txt`;
  return [
    { name: "plain text answer", script: [{ text: "Hello." }] },
    { name: "finish at once", script: [finish] },
    { name: "a command, then finish", script: [{ ...run("echo hi"), text: "Looking." }, finish] },
    { name: "a failing command", script: [run("false"), finish] },
    {
      name: "a command with security_risk and summary",
      script: [run("echo hi", { summary: "say hi", security_risk: "LOW" }), finish],
    },
    {
      name: "create, view and change a file",
      script: [
        edit({ command: "create", path: file, file_text: "one\ntwo\n" }),
        edit({ command: "view", path: file }),
        edit({ command: "str_replace", path: file, old_str: "two", new_str: "three" }),
        edit({ command: "insert", path: file, insert_line: 1, new_str: "and" }),
        edit({ command: "undo_edit", path: file }),
        finish,
      ],
    },
    { name: "a file editor mistake", script: [edit({ command: "view", path: "relative.txt" }), finish] },
    { name: "file_editor without a command", script: [edit({ path: workspace }), finish] },
    {
      name: "a task list",
      script: [
        {
          calls: [
            {
              name: "task_tracker",
              args: { command: "plan", task_list: [{ title: "a", notes: "", status: "todo" }] },
            },
          ],
        },
        { calls: [{ name: "task_tracker", args: { command: "view" } }] },
        finish,
      ],
    },
    {
      name: "a task list as JSON text",
      script: [
        {
          calls: [
            {
              name: "task_tracker",
              args: { command: "plan", task_list: '[{"title":"a","notes":"","status":"done"}]' },
            },
          ],
        },
        finish,
      ],
    },
    { name: "thinking", script: [{ calls: [{ name: "think", args: { thought: "Hm." } }] }, finish] },
    {
      name: "reasoning kept beside the action",
      script: [{ ...run("echo hi"), reasoning: "I should look." }, finish],
    },
    {
      name: "several calls in one answer",
      script: [
        {
          text: "Both.",
          calls: [
            { name: "terminal", args: { command: "echo a" } },
            { name: "think", args: { thought: "b" } },
          ],
        },
        finish,
      ],
    },
    { name: "an unknown tool", script: [{ calls: [{ name: "nope", args: { x: 1 } }] }, finish] },
    {
      name: "an unknown tool beside a known one",
      script: [
        {
          calls: [
            { name: "think", args: { thought: "a" } },
            { name: "nope", args: {} },
          ],
        },
        finish,
      ],
    },
    {
      name: "malformed arguments",
      script: [{ calls: [{ name: "terminal", args: '{"command": "echo' }] }, finish],
    },
    {
      name: "wrong argument types",
      script: [{ calls: [{ name: "terminal", args: { command: "echo hi", timeout: "soon" } }] }, finish],
    },
    {
      name: "an unknown argument",
      script: [{ calls: [{ name: "think", args: { thought: "a", extra: 1 } }] }, finish],
    },
    { name: "a missing argument", script: [{ calls: [{ name: "think", args: {} }] }, finish] },
    { name: "null arguments", script: [run("echo hi", { timeout: null, is_input: null }), finish] },
    {
      name: "a tool by its other name",
      script: [{ calls: [{ name: "execute_bash", args: { command: "echo hi" } }] }, finish],
    },
    { name: "empty replies", script: [{ text: "" }, finish] },
    { name: "reasoning only", script: [{ reasoning: "Hm." }, finish] },
    {
      name: "an authentication failure",
      script: [{ error: { status: 401, message: "Incorrect API key provided" } }],
      llm: { num_retries: 1 },
    },
    {
      name: "a bad request",
      script: [{ error: { status: 400, message: "no such parameter" } }],
      llm: { num_retries: 1 },
    },
    {
      name: "a context overflow",
      script: [
        {
          error: {
            status: 400,
            message:
              "This model's maximum context length is 10 tokens. Please reduce the length of the messages.",
          },
        },
      ],
      llm: { num_retries: 1 },
    },
    { name: "too many iterations", script: [run("true")], request: { max_iterations: 2 } },
    { name: "the same action again and again", script: [run("true")] },
    { name: "the same mistake again and again", script: [{ calls: [{ name: "nope", args: {} }] }] },
    {
      name: "confirmation, accepted",
      script: [run("echo hi"), finish],
      request: { confirmation_policy: { kind: "AlwaysConfirm" } },
      drive: async (client) => {
        await client.sendAndWait("Go.");
        await client.postAndWait("/events/respond_to_confirmation", { accept: true });
      },
    },
    {
      name: "confirmation, rejected, then run",
      script: [run("echo hi"), { text: "As you wish." }],
      request: { confirmation_policy: { kind: "AlwaysConfirm" } },
      drive: async (client) => {
        await client.sendAndWait("Go.");
        await client.post("/events/respond_to_confirmation", { accept: false, reason: "No." });
        await client.postAndWait("/run");
      },
    },
    {
      name: "confirmation of risky actions only",
      script: [run("ls", { security_risk: "LOW" }), run("rm x", { security_risk: "HIGH" }), finish],
      request: {
        confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: false },
        security_analyzer: { kind: "LLMSecurityAnalyzer" },
      },
    },
    {
      name: "finish needs no confirmation",
      script: [finish],
      request: { confirmation_policy: { kind: "AlwaysConfirm" } },
    },
    {
      name: "a message after the end",
      script: [{ text: "One." }, { text: "Two." }],
      drive: async (client) => {
        await client.sendAndWait("First.");
        await client.sendAndWait("Second.");
      },
    },
    {
      name: "a message without a run, then run",
      script: [{ text: "Hello." }],
      drive: async (client) => {
        await client.send("Hello.", false);
        await client.postAndWait("/run");
      },
    },
    {
      name: "run when finished",
      script: [{ text: "Hello." }],
      drive: async (client) => {
        await client.sendAndWait("Hello.");
        await client.postAndWait("/run");
      },
    },
    {
      name: "pause while idle, then run",
      script: [{ text: "Hello." }],
      drive: async (client) => {
        await client.send("Hello.", false);
        await client.post("/pause");
        await client.postAndWait("/run");
      },
    },
    {
      name: "interrupt a model call",
      script: [{ text: "Too late.", delayMs: 3_000 }, { text: "Here again." }],
      drive: async (client) => {
        await client.send("Go.");
        await client.until((frames) => frames.some((frame) => frame.value === "running"));
        await new Promise((done) => setTimeout(done, 500));
        await client.postAndWait("/interrupt");
        await client.postAndWait("/run");
      },
    },
    {
      name: "an analyzer set later",
      script: [{ text: "Hello." }],
      drive: async (client) => {
        await client.post("/security_analyzer", { security_analyzer: { kind: "LLMSecurityAnalyzer" } });
        await client.post("/confirmation_policy", { policy: { kind: "NeverConfirm" } });
        await client.sendAndWait("Hello.");
      },
    },
    {
      name: "secrets are masked",
      script: [run("echo $TOKEN_A"), finish],
      request: { secrets: { TOKEN_A: { kind: "StaticSecret", value: "s3cr3t-value" } } },
    },
  ];
}
