import type { Client } from "../../client.ts";
import { finish, pause, run, type Scenario } from "../../scenario.ts";

const QUESTION = "Which file have you changed last?";
const ANSWER = { text: "None yet." };
const ask = (client: Client, question: unknown = QUESTION) => client.post("/ask_agent", { question });

/** A title is made beside everything else, without an event. */
async function untilTitled(client: Client): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { title } = (await client.info()) as { title: string | null };
    if (title !== null) return;
    await pause(100);
  }
}

const titled = {
  autotitle: true,
  drive: async (client: Client) => {
    await client.send("Fix the login page.", false);
    await untilTitled(client);
  },
};

function title(prompt: string | undefined) {
  const { autotitle, drive } = titled;
  return { request: { autotitle, ...(prompt === undefined ? {} : { prompt }) }, drive };
}

export const asideScenarios: Scenario[] = [
  {
    name: "a question before anything was said",
    script: [ANSWER],
    prompts: [QUESTION],
    drive: async (client) => {
      await ask(client);
    },
  },
  {
    name: "a question after a tool, then the work goes on",
    script: [run("echo hi"), finish, ANSWER, finish],
    prompts: [QUESTION],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await ask(client);
      await client.sendAndWait("Go on.");
    },
  },
  {
    name: "a question while calls wait",
    script: [
      {
        calls: [
          { name: "terminal", args: { command: "echo a" } },
          { name: "think", args: { thought: "b" } },
        ],
      },
      ANSWER,
    ],
    request: { confirmation_policy: { kind: "AlwaysConfirm" } },
    prompts: [QUESTION],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await ask(client);
      await client.get("");
    },
  },
  {
    name: "a question during a call",
    script: [run("sleep 4; echo done"), ANSWER, finish],
    prompts: [QUESTION],
    drive: async (client) =>
      client.untilRunEndsAfter(async () => {
        await client.send("Go.");
        await client.untilKind("ActionEvent");
        await pause(500);
        await ask(client);
      }),
  },
  {
    name: "questions that are none",
    script: [ANSWER],
    drive: async (client) => {
      await client.post("/ask_agent", {});
      await client.post("/ask_agent", { question: 7 });
      await client.post("/ask_agent", { question: null });
      await client.ask("POST", "/api/conversations/00000000-0000-4000-8000-000000000001/ask_agent", {
        question: QUESTION,
      });
    },
  },
  {
    name: "a question that the model refuses",
    script: [{ error: { status: 400, message: "No such thing." } }],
    drive: async (client) => {
      await ask(client);
    },
  },
  {
    name: "a question that is answered with a call",
    script: [run("ls")],
    drive: async (client) => {
      await ask(client);
    },
  },
  {
    name: "a title in the client's words",
    script: [{ text: "🐛 Fix login" }],
    prompts: ["Fix the login page."],
    ...title("Name it: {conversation_content} Up to {max_length}."),
  },
  {
    name: "a title in words without a place for the message",
    script: [{ text: "Titulus" }],
    prompts: ["In Latin, please.", "Fix the login page."],
    ...title("In Latin, please."),
  },
  {
    name: "a title in blank words, and one that is too long",
    script: [{ text: "A title that is so long that nobody would ever want to read all of it" }],
    prompts: ["Fix the login page."],
    ...title("  "),
  },
  {
    name: "a model that only thinks about the title",
    script: [{ text: "<think>A title. Hm." }],
    prompts: ["Fix the login page."],
    ...title(undefined),
  },
  {
    name: "words for a title that are too many",
    script: [],
    drive: async (client) => {
      await client.ask("POST", "/api/conversations", {
        workspace: { working_dir: "/tmp" },
        agent: { kind: "Agent", llm: { model: "openai/scripted" }, tools: [] },
        prompt: "x".repeat(2_001),
      });
    },
  },
];
