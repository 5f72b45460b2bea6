import type { Client } from "../../client.ts";
import { call, finish, pause, run, type Scenario } from "../../scenario.ts";

const OBJECTIVE = "Write hello into a file and prove it.";
const MISSING = "No test was run.";
const NOT_YET = "The goal is NOT yet complete (audit iteration 1)";
const RESUMING = "Resuming a goal that was paused or interrupted.";
const goalPrompts = [OBJECTIVE, MISSING, NOT_YET, RESUMING, "user: ", "assistant: ", "tool: ", "hi there"];

function verdict(score: number, complete: boolean, missing = "") {
  return { text: JSON.stringify({ score, complete, missing }) };
}

const DONE = verdict(1, true);
const NOT_DONE = verdict(0.25, false, MISSING);

const goal = (client: Client, more: object = {}) => client.post("/goal", { objective: OBJECTIVE, ...more });

function untilGoal(client: Client, count: number, ...statuses: string[]): Promise<void> {
  return client.until((frames) => {
    const goals = frames.filter(({ key }) => key === "goal").map(({ value }) => value as { status: string });
    return goals.filter(({ status }) => statuses.includes(status)).length >= count;
  });
}

export const goalScenarios: Scenario[] = [
  {
    name: "a goal that is reached at once",
    script: [run("echo hi there"), finish, DONE],
    prompts: goalPrompts,
    drive: async (client) => {
      await goal(client);
      await untilGoal(client, 1, "complete");
      await client.post("/goal/resume");
    },
  },
  {
    name: "a goal in two rounds",
    script: [{ text: "Hello is there." }, NOT_DONE, run("echo hi there"), finish, DONE],
    prompts: goalPrompts,
    drive: async (client) => {
      await goal(client);
      await untilGoal(client, 1, "complete");
    },
  },
  {
    name: "a goal that is not reached in time",
    script: [{ text: "Hello is there." }, NOT_DONE, { text: "It is." }, NOT_DONE],
    prompts: goalPrompts,
    drive: async (client) => {
      await goal(client, { max_iterations: 2 });
      await untilGoal(client, 1, "capped");
      await client.post("/goal/resume");
    },
  },
  {
    name: "verdicts that are none, fenced or out of bounds",
    script: [
      { text: "One." },
      { text: "It looks fine to me." },
      { text: "Two." },
      { text: 'Well:\n```json\n{"score": 7, "missing": null}\n```' },
    ],
    prompts: [OBJECTIVE, NOT_YET, "Judge verdict could not be parsed.", "user: ", "assistant: "],
    drive: async (client) => {
      await goal(client, { max_iterations: 3 });
      await untilGoal(client, 1, "complete", "capped");
    },
  },
  {
    name: "a goal that is stopped during its run, and resumed",
    script: [{ ...run("echo hi there"), delayMs: 2_500 }, finish, finish, DONE],
    prompts: goalPrompts.filter((words) => words !== OBJECTIVE),
    drive: async (client) => {
      await goal(client);
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.post("/goal/stop"));
      await client.post("/goal/stop");
      await client.post("/goal/resume");
      await untilGoal(client, 1, "complete");
      // The reference tells the figures a little later.
      await pause(1_000);
    },
  },
  {
    name: "a goal that a message of the user ends",
    script: [{ ...run("echo hi there"), delayMs: 2_500 }, finish, finish],
    drive: async (client) => {
      await goal(client);
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("Stop that.", false));
    },
  },
  {
    name: "a goal whose model fails",
    script: [{ error: { status: 400, message: "No such thing." } }],
    drive: async (client) => {
      await goal(client);
      await untilGoal(client, 1, "interrupted");
    },
  },
  {
    name: "a goal whose judge fails",
    prompts: ["user: ", RESUMING],
    script: [
      { text: "Hello is there." },
      { error: { status: 400, message: "No such thing." } },
      finish,
      DONE,
    ],
    drive: async (client) => {
      await goal(client);
      await untilGoal(client, 1, "interrupted");
      await pause(1_000);
      await client.post("/goal/resume");
      await untilGoal(client, 1, "complete");
    },
  },
  {
    name: "a goal that is interrupted",
    script: [{ ...run("echo hi there"), delayMs: 4_000 }, finish],
    drive: async (client) => {
      await goal(client);
      await client.untilStatus("running");
      await pause(500);
      await client.post("/interrupt");
      await untilGoal(client, 1, "interrupted");
    },
  },
  {
    name: "a goal of an agent that is stuck",
    script: [run("echo hi there"), run("echo hi there"), run("echo hi there"), run("echo hi there"), DONE],
    drive: async (client) => {
      await goal(client);
      await untilGoal(client, 1, "complete", "capped", "interrupted");
    },
  },
  {
    name: "goals that are none",
    script: [run("sleep 3"), finish],
    drive: async (client) => {
      await client.post("/goal/resume");
      await client.post("/goal/stop");
      await client.post("/goal", {});
      await client.post("/goal", { objective: "  " });
      await client.post("/goal", { objective: OBJECTIVE, max_iterations: 0 });
      for (const path of ["/goal", "/goal/stop", "/goal/resume"]) {
        await client.ask("POST", `/api/conversations/00000000-0000-4000-8000-000000000001${path}`, {
          objective: OBJECTIVE,
        });
      }
      await client.untilRunEndsAfter(async () => {
        await client.send("Go.");
        await client.untilKind("ActionEvent");
        await client.post("/goal", { objective: OBJECTIVE });
      });
    },
  },
  {
    name: "a second goal and a run while there is a goal",
    script: [{ ...call("terminal", { command: "sleep 3; echo hi there" }), delayMs: 500 }, finish, DONE],
    drive: async (client) => {
      await goal(client);
      await client.untilKind("ActionEvent");
      await goal(client);
      await client.post("/run");
      await client.post("/goal/resume");
      await untilGoal(client, 1, "complete");
    },
  },
];
