import { finish, pause, run, type Scenario, userMessage } from "../scenario.ts";

export const controlScenarios: Scenario[] = [
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
    name: "a run without any message",
    script: [{ text: "Hello." }],
    drive: (client) => client.postAndWait("/run"),
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
      await client.post("/pause");
      await pause(1_000);
      await client.runAgain();
    },
  },
  {
    name: "pause when finished",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.sendAndWait("Hello.");
      await client.post("/pause");
      await client.post("/interrupt");
    },
  },
  {
    name: "interrupt while idle",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.send("Hello.", false);
      await client.post("/interrupt");
      await client.runAgain();
    },
  },
  {
    name: "interrupt a model call",
    script: [{ text: "Too late.", delayMs: 3_000 }, { text: "Here again." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.postAndWait("/interrupt");
      await client.runAgain();
    },
  },
  {
    name: "interrupt a tool",
    script: [run("sleep 20"), { text: "Here again." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilKind("ActionEvent");
      await pause(2_500);
      await client.postAndWait("/interrupt");
      await client.runAgain();
    },
  },
  {
    name: "pause during a model call",
    script: [{ ...run("echo hi"), delayMs: 5_000 }, finish],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await client.post("/pause");
      await client.untilKind("ObservationEvent");
      await pause(1_500);
      await client.get("");
      await client.runAgain();
    },
  },
  {
    name: "pause during a tool",
    script: [run("sleep 3; echo done"), finish],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilKind("ActionEvent");
      await pause(500);
      await client.post("/pause");
      await client.untilKind("ObservationEvent");
      await pause(1_500);
      await client.runAgain();
    },
  },
  {
    name: "a message during a model call",
    script: [{ ...run("echo hi"), delayMs: 2_500 }, finish],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this."));
    },
  },
  {
    name: "a message while the agent is about to end",
    script: [{ text: "Bye.", delayMs: 2_500 }, { text: "Oh, and that." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this."));
      await pause(2_000);
    },
  },
  {
    name: "two messages while the agent is about to end",
    script: [{ text: "Bye.", delayMs: 2_500 }, { text: "Oh, and those." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.send("And this.", false);
      await client.untilRunEndsAfter(() => client.send("And that.", false));
    },
  },
  {
    name: "a message while the last allowed step ends",
    script: [{ text: "Bye.", delayMs: 2_500 }, { text: "Oh, and that." }],
    request: { max_iterations: 1 },
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this.", false));
      await client.postAndWait("/run");
    },
  },
  {
    name: "a message while the last step calls finish",
    script: [{ ...finish, delayMs: 2_500 }, { text: "Oh, and that." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this.", false));
    },
  },
  {
    name: "a message during a step that fails",
    script: [{ error: { status: 400, message: "no such parameter" }, delayMs: 2_500 }, { text: "Better." }],
    llm: { num_retries: 1 },
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this.", false));
      await client.postAndWait("/run");
    },
  },
  {
    name: "a message after a pause",
    script: [{ text: "Hello." }],
    drive: async (client) => {
      await client.send("Hello.", false);
      await client.post("/pause");
      await pause(1_000);
      await client.send("And this.", false);
      await client.get("");
      await client.sendAndWait("And that.");
    },
  },
  {
    name: "too many steps",
    script: [run("echo 1"), run("echo 2"), run("echo 3"), finish],
    request: { max_iterations: 2 },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.postAndWait("/run");
    },
  },
  {
    name: "a run that is stuck, then a message",
    script: [...Array.from({ length: 4 }, () => run("echo same")), { text: "Free again." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.sendAndWait("Try something else.");
    },
  },
  {
    name: "interrupt twice, then pause",
    script: [{ text: "Too late.", delayMs: 3_000 }, { text: "Here again." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await pause(500);
      await client.postAndWait("/interrupt");
      await pause(1_000);
      await client.post("/interrupt");
      await client.post("/pause");
      await pause(1_000);
      await client.get("");
      await client.runAgain();
    },
  },
  {
    name: "a message while a tool runs",
    script: [run("sleep 3; echo done"), { text: "Both heard." }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilKind("ActionEvent");
      await pause(500);
      await client.untilRunEndsAfter(() => client.send("And this.", false));
    },
  },
  {
    name: "run while running",
    script: [{ text: "Slow.", delayMs: 2_000 }],
    drive: async (client) => {
      await client.send("Go.");
      await client.untilStatus("running");
      await client.postAndWait("/run");
    },
  },
  {
    name: "an initial message",
    script: [{ text: "Hello.", delayMs: 2_000 }],
    request: { initial_message: userMessage("Hi.", false) },
    drive: async (client) => {
      await client.untilRunEndsAfter(() => {});
      // What the socket missed before it was open is a matter of luck.
      client.frames.splice(0);
    },
  },
  {
    name: "a message of several parts",
    script: [{ text: "Hello." }],
    drive: (client) =>
      client.postAndWait("/events", {
        role: "user",
        run: true,
        content: [
          { type: "text", text: "Look.", cache_prompt: true },
          { type: "image", image_urls: ["data:image/png;base64,iVBORw0KGgo="] },
        ],
      }),
  },
  {
    name: "an empty message",
    script: [{ text: "Hello." }],
    drive: (client) => client.postAndWait("/events", { content: [], run: true }),
  },
];
