import { finish, run, type Scenario } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const REFINE = { success_threshold: 0.6, max_iterations: 2 };
/** A critic whose service is the script of the agent's model. */
function criticAtModel(llm: object): object {
  const { base_url: server_url } = llm as { base_url: string };
  return {
    critic: { kind: "APIBasedCritic", api_key: "sk-critic", server_url, iterative_refinement: REFINE },
  };
}

/** An answer of the classifier: success first, everything else 0.1, with some of the 26 others by their places. */
function rated(success: number, others: Readonly<Record<number, number>> = {}): Step {
  const probs = Array.from({ length: 27 }, (_, place) => (place === 0 ? success : (others[place] ?? 0.1)));
  return { raw: { data: [{ index: 0, label: "x", probs, num_classes: 27 }] } };
}

export const criticScenarios: Scenario[] = [
  {
    name: "a critic that is content with a finish",
    script: [run("echo hi"), finish],
    agent: { critic: { kind: "PassCritic", iterative_refinement: REFINE } },
  },
  {
    name: "a critic that is content with a message",
    script: [run("echo hi"), { text: "Done." }],
    agent: { critic: { kind: "PassCritic" } },
  },
  {
    name: "a critic of all actions",
    script: [
      run("echo hi"),
      {
        calls: [
          { name: "think", args: { thought: "b" } },
          { name: "nothing", args: {} },
        ],
      },
      { text: "Done." },
    ],
    agent: { critic: { kind: "PassCritic", mode: "all_actions" } },
  },
  {
    name: "a critic that misses a patch, again and again",
    script: [finish, finish, finish, finish],
    agent: { critic: { kind: "EmptyPatchCritic", iterative_refinement: REFINE } },
    prompts: ["0.0%"],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.sendAndWait("And now?");
    },
  },
  {
    name: "a critic that asks for an end and a patch",
    script: [{ text: "Done." }, finish],
    agent: { critic: { kind: "AgentFinishedCritic" } },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.sendAndWait("Finish.");
    },
  },
  {
    name: "a critic's service that doubts first",
    script: [run("echo hi"), finish, rated(0.25, { 12: 0.8 }), finish, rated(0.9)],
    agent: criticAtModel,
    prompts: ["25.0%", "Incomplete Implementation (80%)"],
  },
  {
    name: "a critic's service that is down",
    script: [finish, { error: { status: 503, message: "Down." } }],
    agent: criticAtModel,
  },
];
