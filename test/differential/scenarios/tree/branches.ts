import type { Client, WireEvent } from "../../client.ts";
import { finish, pause, run, type Scenario, think, userMessage } from "../../scenario.ts";

const NOBODY = "0a0b0c0d-00bb-4000-8000-00000000000f";
const MAKE_REPOSITORY = [
  "export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org",
  "git init -q -b main . && echo 1 > file && git add . && git commit -qm first",
].join(" && ");
const ALWAYS = { confirmation_policy: { kind: "AlwaysConfirm" } };

export const treeScenarios: Scenario[] = [
  {
    name: "tree: a fork of everything",
    script: [run("echo hi"), finish, { text: "In the fork." }],
    request: { tags: { a: "source" } },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/fork", { id: forkId(1), title: "Fork", tags: { b: "fork" } });
      await lookAt(client, forkId(1));
      await talkIn(client, forkId(1), "More.");
      await lookAt(client, forkId(1));
      await client.get("");
      await forget(client, forkId(1));
    },
  },
  {
    name: "tree: a fork from an event",
    script: [run("echo hi"), finish, { text: "In the fork." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const observation = await nth(client, "ObservationEvent");
      await client.post("/fork", { id: forkId(2), from_event_id: observation.id });
      await lookAt(client, forkId(2));
      await talkIn(client, forkId(2), "More.");
      await lookAt(client, forkId(2));
      await forget(client, forkId(2));
    },
  },
  {
    name: "tree: forks that are refused",
    script: [finish],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.ask("POST", `/api/conversations/${NOBODY}/fork`, {});
      await client.post("/fork", { from_event_id: "nowhere" });
      await client.post("/fork", { id: client.id });
      await client.post("/fork", { id: "no uuid" });
      await client.post("/fork", { title: "x".repeat(201) });
      await client.post("/fork", { tags: { "No!": "" } });
    },
  },
  {
    name: "tree: figures of a fork",
    script: [finish, { text: "In the fork." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/fork", { id: forkId(4), reset_metrics: false });
      await client.post("/fork", { id: forkId(4, 2), reset_metrics: true });
      await talkIn(client, forkId(4), "More.");
      await client.ask("GET", `/api/conversations/${forkId(4)}`);
      await forget(client, forkId(4), forkId(4, 2));
    },
  },
  {
    name: "tree: a fork while calls wait",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/fork", { id: forkId(5) });
      await lookAt(client, forkId(5));
      await client.ask("POST", `/api/conversations/${forkId(5)}/run`);
      await settled(client, forkId(5));
      await lookAt(client, forkId(5));
      await client.get("");
      await forget(client, forkId(5));
    },
  },
  {
    name: "tree: HEAD moved to an event, then a message",
    script: [think("a"), finish, { text: "On the other branch." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const thought = await nth(client, "ObservationEvent");
      await client.post("/navigate", { event_id: thought.id });
      await client.get("");
      await client.sendAndWait("Otherwise.");
      await client.get("/agent_final_response");
    },
  },
  {
    name: "tree: HEAD moved to a message, then a run",
    script: [finish, { text: "On the other branch." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const message = await nth(client, "MessageEvent");
      await client.post("/navigate", { event_id: message.id });
      await client.send("Go on.", false);
      await client.postAndWait("/run");
    },
  },
  {
    name: "tree: a run of a finished conversation whose HEAD was moved",
    script: [finish],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const message = await nth(client, "MessageEvent");
      await client.post("/navigate", { event_id: message.id });
      await client.post("/run");
      await pause(1_500);
      await client.get("");
    },
  },
  {
    name: "tree: HEAD before the first event",
    script: [finish, { text: "Begun again." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/navigate", { event_id: null });
      await client.get("");
      await client.get("/agent_final_response");
      await client.sendAndWait("Again.");
      await client.get("/agent_final_response");
    },
  },
  {
    name: "tree: moves of HEAD that are refused",
    script: [finish],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.post("/navigate", { event_id: "nowhere" });
      await client.post("/navigate");
      await client.post("/navigate", { event_id: 7 });
      await client.ask("POST", `/api/conversations/${NOBODY}/navigate`, { event_id: null });
      await client.get("");
    },
  },
  {
    name: "tree: searches and counts after HEAD was moved",
    script: [finish, { text: "On the other branch." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const message = await nth(client, "MessageEvent");
      await client.post("/navigate", { event_id: message.id });
      await client.sendAndWait("Otherwise.");
      await client.get("/events/search?kind=MessageEvent");
      await client.get("/events/search?kind=MessageEvent&sort_order=TIMESTAMP_DESC");
      await client.get("/events/count?kind=MessageEvent");
      await client.get("/events/search?body=otherwise");
    },
  },
  {
    name: "tree: the final response on each branch",
    script: [{ text: "One." }, { text: "Two." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      await client.sendAndWait("More.");
      await client.get("/agent_final_response");
      const one = await nth(client, "MessageEvent", 1);
      await client.post("/navigate", { event_id: one.id });
      await client.get("/agent_final_response");
      const two = await nth(client, "MessageEvent", 3);
      await client.post("/navigate", { event_id: two.id });
      await client.get("/agent_final_response");
    },
  },
  {
    name: "tree: HEAD moved away from calls that wait",
    script: [run("echo hi"), finish],
    request: ALWAYS,
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const message = await nth(client, "MessageEvent");
      await client.post("/navigate", { event_id: message.id });
      await client.postAndWait("/run");
    },
  },
  {
    name: "tree: a fork of a branch",
    script: [{ text: "One." }, { text: "Two." }, { text: "Three." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const one = await nth(client, "MessageEvent", 1);
      await client.sendAndWait("More.");
      await client.post("/navigate", { event_id: one.id });
      await client.sendAndWait("Otherwise.");
      await client.post("/fork", {
        id: forkId(14),
        from_event_id: (await nth(client, "MessageEvent", 5)).id,
      });
      await lookAt(client, forkId(14));
      await client.post("/fork", { id: forkId(14, 2) });
      await lookAt(client, forkId(14, 2));
      await forget(client, forkId(14), forkId(14, 2));
    },
  },
  {
    name: "tree: a child in the folder of its parent",
    script: [finish, { text: "By the child." }],
    request: { ...ALWAYS, tags: { a: "b" }, secrets: { TOKEN: { kind: "StaticSecret", value: "hidden" } } },
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const child = await startChild(client, { task: "Help.", title: "Helper", isolation: "shared" });
      await settled(client, child);
      await lookAt(client, child);
      await client.get("");
      await forget(client, child);
      await client.get("");
    },
  },
  {
    name: "tree: a child in a worktree",
    script: [{ text: "By the child." }],
    drive: async (client, { workspace }) => {
      await shell(client, workspace, MAKE_REPOSITORY);
      const child = await startChild(client, { task: "Help." });
      await settled(client, child);
      await client.ask("GET", `/api/conversations/${child}`);
      await shell(client, workspace, "git branch | wc -l; git worktree list | wc -l");
      await forget(client, child);
      await shell(client, workspace, "git worktree list | wc -l");
    },
  },
  {
    name: "tree: a child of a repository without commits",
    script: [{ text: "By the child." }],
    drive: async (client) => {
      await client.post("/children", { task: "Help." });
    },
  },
  {
    name: "tree: children that are refused",
    script: [],
    drive: async (client) => {
      await client.ask("POST", `/api/conversations/${NOBODY}/children`, { task: "Help." });
      await client.post("/children", { task: "" });
      await client.post("/children", {});
      await client.post("/children", { task: "Help.", isolation: "alone" });
      await client.post("/children");
    },
  },
];

/** An id for a fork that no other scenario uses: several are played at once. */
function forkId(scenario: number, fork = 1): string {
  return `0a0b0c0d-00bb-4000-80${fork}0-${String(scenario).padStart(12, "0")}`;
}

/** The event of a kind that comes after so many others of it. */
async function nth(client: Client, kind: string, index = 0): Promise<WireEvent> {
  const event = (await client.log()).filter((candidate) => candidate.kind === kind)[index];
  if (event === undefined) throw new Error(`the log has no ${kind} ${index}`);
  return event;
}

/** Notes a conversation and its whole log. */
async function lookAt(client: Client, id: string): Promise<void> {
  await client.ask("GET", `/api/conversations/${id}`);
  await client.ask("GET", `/api/conversations/${id}/events/search`);
}

/** Starts a child and gives its id. */
async function startChild(client: Client, request: object): Promise<string> {
  const { body } = await client.post("/children", request);
  return (body as { conversation_id: string }).conversation_id;
}

async function shell(client: Client, cwd: string, command: string): Promise<void> {
  await client.ask("POST", "/api/bash/execute_bash_command", { command, cwd });
}

async function talkIn(client: Client, id: string, text: string): Promise<void> {
  await client.quietly({
    method: "POST",
    path: `/api/conversations/${id}/events`,
    body: userMessage(text, true),
  });
  await settled(client, id);
}

/** Waits until a conversation has no run that is about to begin or active. */
async function settled(client: Client, id: string): Promise<void> {
  await pause(1_500);
  for (;;) {
    const { body } = await client.quietly({ method: "GET", path: `/api/conversations/${id}` });
    const { execution_status: status } = body as { execution_status: string };
    if (!["idle", "running"].includes(status)) return;
    await pause(250);
  }
}

async function forget(client: Client, ...ids: string[]): Promise<void> {
  for (const id of ids) await client.quietly({ method: "DELETE", path: `/api/conversations/${id}` });
}
