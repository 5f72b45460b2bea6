import { join } from "node:path";
import fc from "fast-check";
import { follow } from "../../cluster/harness/follower.ts";
import { Fault } from "../fault.ts";
import { checkTalk, settled } from "./checks.ts";
import { type Command, command } from "./command.ts";
import { pick, type Reality, type Talk, type World } from "./world.ts";

const MOST_TALKS = 5;
const MOST_FOLLOWERS = 2;

/** What a message lets the agent do. */
export type Plan = "talk" | "call" | "calls" | "slow" | "fail" | "many";
const PLANS: readonly Plan[] = ["talk", "call", "calls", "slow", "fail", "many"];

const anyTalk = fc.nat({ max: MOST_TALKS - 1 });
const anyPlan = fc.constantFrom(...PLANS);
const hasTalk = ({ talks }: World) => talks.length > 0;

/** Commands that make, use and delete conversations. */
export function talkCommands(): fc.Arbitrary<Command>[] {
  return [
    command("create", { asksFirst: fc.boolean() }, createTalk, ({ talks }) => talks.length < MOST_TALKS),
    command("say", { talk: anyTalk, plan: anyPlan, run: fc.boolean() }, sayAndRest, hasTalk),
    command("say", { talk: anyTalk, plan: anyPlan, run: fc.constant(true) }, sayAndRest, hasTalk),
    command("answer", { talk: anyTalk, accept: fc.boolean() }, answerAndRest, hasTalk),
    command("run", { talk: anyTalk }, runAndRest, hasTalk),
    command("interrupt", { talk: anyTalk, verb: fc.constantFrom("pause", "interrupt") }, cutShort, hasTalk),
    command("change", { talk: anyTalk, asksFirst: fc.boolean() }, change, hasTalk),
    command("fork", { talk: anyTalk }, fork, ({ talks }) => talks.length > 0 && talks.length < MOST_TALKS),
    command("follow", { talk: anyTalk }, followTalk, hasTalk),
    command("delete", { talk: anyTalk }, deleteTalk, hasTalk),
  ];
}

async function createTalk({ asksFirst }: { asksFirst: boolean }, world: World, reality: Reality) {
  const { client, model, word } = reality;
  const folder = join(reality.folder, word());
  const { id } = await client.expect<{ id: string }>("POST", "/api/conversations", {
    statuses: [200, 201],
    json: {
      agent: {
        llm: { model: "openai/scripted", base_url: model, api_key: "none", num_retries: 0 },
        tools: [{ name: "terminal" }],
      },
      workspace: { working_dir: folder },
      ...(asksFirst && { confirmation_policy: { kind: "AlwaysConfirm" } }),
      autotitle: false,
    },
  });
  world.talks.push({
    id,
    folder,
    asksFirst,
    taken: [],
    unsure: new Set(),
    seen: [],
    title: null,
    followers: [],
  });
}

/** Says something. Notes whether the server took it. */
export async function say(
  { client, word }: Reality,
  talk: Talk,
  {
    plan,
    run,
    isRace = false,
    mayBeCut = isRace,
  }: { plan: Plan; run: boolean; isRace?: boolean; mayBeCut?: boolean },
): Promise<void> {
  const text = `Message ${word()}.\n${JSON.stringify(orders(plan, word))}`;
  const { status, text: answer } = await client.ask("POST", `/api/conversations/${talk.id}/events`, {
    json: { role: "user", content: [{ type: "text", text }], run },
    mayBeCut,
  });
  if (status === 200 || status === 429) talk.taken.push(text);
  else if (status === 0) talk.unsure.add(text);
  else if (!isRace || status !== 404)
    throw new Fault(`a message is answered with ${status}: ${answer.slice(0, 300)}`);
}

function orders(plan: Plan, word: () => string): object[] {
  const mark = () => ["terminal", { command: `echo ${word()} >> marks` }];
  switch (plan) {
    case "talk":
      return [];
    case "call":
      return [{ calls: [mark()] }, { say: "Done." }];
    case "calls":
      return [{ calls: [mark(), mark()] }, { say: "Done." }];
    case "slow":
      return [
        { delay: 200, calls: [mark()] },
        { delay: 200, calls: [mark()] },
        { delay: 200, say: "Done." },
      ];
    case "fail":
      return [{ calls: [mark()] }, { fail: 400 }];
    case "many":
      return [...Array.from({ length: 5 }, () => ({ calls: [mark()] })), { say: "Done." }];
  }
}

async function sayAndRest(input: { talk: number; plan: Plan; run: boolean }, world: World, reality: Reality) {
  const talk = pick(world, input.talk);
  await say(reality, talk, input);
  await checkTalk(reality, talk);
}

async function answerAndRest(
  { talk: index, accept }: { talk: number; accept: boolean },
  world: World,
  reality: Reality,
) {
  const talk = pick(world, index);
  const waits = (await settled(reality, talk)) === "waiting_for_confirmation";
  const path = `/api/conversations/${talk.id}/events/respond_to_confirmation`;
  // A rejection is taken also when nothing waits.
  const statuses = waits ? [200] : [200, 409];
  await reality.client.expect("POST", path, { json: { accept, reason: "No." }, statuses });
  await checkTalk(reality, talk);
}

async function runAndRest({ talk: index }: { talk: number }, world: World, reality: Reality) {
  const talk = pick(world, index);
  await reality.client.expect("POST", `/api/conversations/${talk.id}/run`, { statuses: [200, 409] });
  await checkTalk(reality, talk);
}

/** Ends a run in the middle of it. */
async function cutShort(
  { talk: index, verb }: { talk: number; verb: string },
  world: World,
  reality: Reality,
) {
  const talk = pick(world, index);
  await say(reality, talk, { plan: "slow", run: true });
  await reality.client.expect("POST", `/api/conversations/${talk.id}/${verb}`);
  await checkTalk(reality, talk);
}

async function change(
  { talk: index, asksFirst }: { talk: number; asksFirst: boolean },
  world: World,
  reality: Reality,
) {
  const talk = pick(world, index);
  const { client, word } = reality;
  const title = `Title ${word()}`;
  await client.expect("PATCH", `/api/conversations/${talk.id}`, { json: { title } });
  talk.title = title;
  const policy = { kind: asksFirst ? "AlwaysConfirm" : "NeverConfirm" };
  await client.expect("POST", `/api/conversations/${talk.id}/confirmation_policy`, { json: { policy } });
  talk.asksFirst = asksFirst;
  await checkTalk(reality, talk);
}

async function fork({ talk: index }: { talk: number }, world: World, reality: Reality) {
  const source = pick(world, index);
  const title = `Fork ${reality.word()}`;
  const path = `/api/conversations/${source.id}/fork`;
  const { id } = await reality.client.expect<{ id: string }>("POST", path, {
    json: { title },
    statuses: [201],
  });
  const { folder, taken, unsure, asksFirst } = source;
  const talk = {
    id,
    folder,
    asksFirst,
    taken: [...taken],
    unsure: new Set(unsure),
    seen: [],
    title,
    followers: [],
  };
  world.talks.push(talk);
  await checkTalk(reality, talk);
}

async function followTalk({ talk: index }: { talk: number }, world: World, { client }: Reality) {
  const talk = pick(world, index);
  if (talk.followers.length === MOST_FOLLOWERS) talk.followers.shift()?.close();
  talk.followers.push(
    follow(client.url, talk.id, { ...(client.key !== undefined && { key: client.key }), patience: 15_000 }),
  );
}

async function deleteTalk({ talk: index }: { talk: number }, world: World, { client }: Reality) {
  const talk = pick(world, index);
  await client.expect("DELETE", `/api/conversations/${talk.id}`);
  forget(world, talk);
  const { status } = await client.ask("GET", `/api/conversations/${talk.id}`);
  if (status !== 404) throw new Fault(`conversation ${talk.id} answers ${status} after it was deleted`);
}

/** A conversation that is deleted. */
export function forget(world: World, talk: Talk): void {
  for (const follower of talk.followers) follower.close();
  world.talks.splice(world.talks.indexOf(talk), 1);
  world.gone.push(talk.id);
}
