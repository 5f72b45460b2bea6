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
      // The reference tells of a pause some time after it has answered; that must not be taken for the end of the run.
      await new Promise((done) => setTimeout(done, 1_000));
      await client.postAndWait("/run");
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
      await client.postAndWait("/run");
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
      await client.postAndWait("/run");
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
      await client.postAndWait("/run");
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
      await client.postAndWait("/run");
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
      await client.postAndWait("/run");
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
