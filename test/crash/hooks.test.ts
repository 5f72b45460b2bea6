import { defineTool, type Event } from "agent-server";
import { call, calls, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";

const STEPS = [
  calls(["deploy", { version: "1" }], ["deploy", { version: "forbidden" }]),
  call("deploy", { version: "2" }),
  say("Done."),
];

const at = (command: string) => [{ hooks: [{ command }] }];

const HOOKS = {
  session_start: at(`echo '{"additionalContext": "Be careful."}'`),
  user_prompt_submit: at("true"),
  pre_tool_use: at("grep -q forbidden && exit 2; exit 0"),
  post_tool_use: at("true"),
  stop: at("true"),
};

/** A tool that must not run twice, and never for what the guard refuses. */
function setup(ran: string[]) {
  const deploy = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: ({ version }) => {
      ran.push(version);
      return `deployed ${version}`;
    },
  });
  return { llm: scriptedLlm(STEPS, { position: "prompt" }), tools: [deploy], patience: 20_000 };
}

async function eventsOf(server: TestServer): Promise<Event[]> {
  const get = async (path: string) =>
    (await (await server.fetch(new Request(`http://localhost/api/conversations/${path}`))).json()) as {
      items: (Event & { id: string })[];
    };
  const [conversation] = (await get("search")).items;
  return (await get(`${conversation?.id}/events/search?limit=100`)).items;
}

/** What is wrong with the records of a log: one that stands alone, or a call that nothing judged. */
function faults(events: readonly Event[]): string[] {
  const judged = new Set(
    events.flatMap((event) =>
      event.kind === "HookExecutionEvent" && event.hook_event_type === "PreToolUse" ? [event.action_id] : [],
    ),
  );
  return events.flatMap((event) =>
    event.kind === "ActionEvent" && event.tool_name === "deploy" && !judged.has(event.id) ? [event.id] : [],
  );
}

it.each(["NeverConfirm", "AlwaysConfirm"] as const)(
  "under %s, a server killed at any commit of a turn with hooks runs nothing twice and nothing that was refused",
  async (kind) => {
    const ran: string[] = [];
    const { points } = await crashPoints({
      setup: () => setup(ran),
      messages: ["Go."],
      conversation: { confirmation_policy: { kind }, hook_config: HOOKS as never },
      outcome: async (server) => faults(await eventsOf(server)),
    });
    expect(points).toBeGreaterThan(8);
    expect(ran).not.toContain("forbidden");
  },
  300_000,
);
