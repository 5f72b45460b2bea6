import { AssertionError } from "node:assert";
import { z } from "zod";
import type { Tool } from "../tools/tool.ts";
import type { TestChat } from "./chat.ts";
import { firstDifference, show } from "./first-difference.ts";
import { expectedEvents, type Fixture, fixture as fixtureSchema, WORKING_DIR, withPath } from "./fixture.ts";
import { parseLlmScript } from "./llm-script-file.ts";
import { scriptedLlm } from "./scripted-llm.ts";
import { createTestServer, type TestServerOptions } from "./test-server.ts";

/** The options of the test server that plays the fixture, and the tools it called. */
export type ReplayOptions = Omit<TestServerOptions, "llm" | "tools"> & {
  /** Stand in for the tools of the same names; the others are the built-in ones. */
  tools?: readonly Tool[];
};

/**
 * Plays a fixture, as `agent-server export ID --fixture` prints it, in a server of its own: the model replies and the
 * user acts as they did. Rejects at the first event that is not what it was, with the timeline; results are compared
 * by their kind only.
 */
export async function replayFixture(json: unknown, options: ReplayOptions = {}): Promise<void> {
  const given = parse(json);
  const { tools: own = [], ...rest } = options;
  const tools = given.tools.map(({ name }) => own.find((tool) => tool.name === name) ?? name);
  let llm = scriptedLlm([]);
  await using server = await createTestServer({
    ...rest,
    tools,
    llm: { complete: (request) => llm.complete(request) },
  });
  const local = parse(JSON.parse(withPath(JSON.stringify(given), WORKING_DIR, server.workingDir)));
  llm = scriptedLlm(parseLlmScript(local.steps).steps);
  const chat = await server.start(undefined, {
    agent: { tools: given.tools },
    confirmation_policy: local.confirmation_policy,
    security_analyzer: local.security_analyzer,
  });
  for (const act of local.user) await perform(chat, act);
  await chat.idle();
  check(local, chat);
  llm.assertDone();
}

function parse(json: unknown): Fixture {
  const parsed = fixtureSchema.safeParse(json);
  if (!parsed.success) throw new TypeError(`no fixture: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function perform(chat: TestChat, act: Fixture["user"][number]): Promise<void> {
  await chat.idle();
  if ("say" in act) await chat.send(act.say, { run: act.run });
  else if ("confirm" in act) await chat.confirm();
  else if ("reject" in act) await chat.reject(act.reject);
  else await chat.run();
}

function check({ events }: Fixture, chat: TestChat): void {
  const difference = firstDifference(events, expectedEvents(chat.events), { path: "events" });
  if (difference === undefined) return;
  const { path, expected, actual } = difference;
  throw new AssertionError({
    message: `The conversation went another way: ${path} was ${show(actual)}, not ${show(expected)}.\n\n${chat.timeline()}\n`,
    actual,
    expected,
    operator: "replayFixture",
  });
}
