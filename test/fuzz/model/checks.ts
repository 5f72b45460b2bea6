import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../fault.ts";
import { eventually, type Reality, type Talk, type World } from "./world.ts";

/** The fields of events that the checks read. */
interface Seen {
  id: string;
  kind: string;
  action_id?: string;
  source?: string;
  llm_message?: { role: string; content: { text?: string }[] };
}

interface Info {
  execution_status: string;
  title: string | null;
  max_iterations: number;
}

/** Statuses in which nothing happens by itself. */
const RESTING: ReadonlySet<string> = new Set([
  "idle",
  "finished",
  "paused",
  "error",
  "stuck",
  "waiting_for_confirmation",
]);

/** Waits until nothing happens in a conversation any more. Returns its status. */
export function settled({ client }: Reality, talk: Talk): Promise<string> {
  return eventually(`conversation ${talk.id} comes to rest`, async () => {
    const { execution_status } = await client.expect<Info>("GET", `/api/conversations/${talk.id}`);
    return RESTING.has(execution_status) ? execution_status : undefined;
  });
}

/** Everything that was promised of everything. */
export async function checkWorld(reality: Reality, world: World): Promise<void> {
  for (const talk of world.talks) await checkTalk(reality, talk);
  await checkLists(reality, world);
  await checkBeside(reality, world);
}

/** A conversation at rest: what was promised of its log, its state and its work. */
export async function checkTalk(reality: Reality, talk: Talk): Promise<void> {
  const { client } = reality;
  const status = await settled(reality, talk);
  const path = `/api/conversations/${talk.id}`;
  const { title } = await client.expect<Info>("GET", path);
  if (talk.title === undefined) talk.title = title;
  if (title !== talk.title) throw new Fault(`${path}: the title is ${title}, and ${talk.title} was taken`);
  checkLog(talk, await wholeLog(reality, talk), status);
  await checkMarks(talk);
  await checkFollowers(talk);
}

/** All events, read while none came. Their number is the one that is counted. */
async function wholeLog({ client }: Reality, { id }: Talk): Promise<Seen[]> {
  const path = `/api/conversations/${id}/events`;
  const count = () => client.expect<number>("GET", `${path}/count`);
  return eventually(`the events of conversation ${id} are read while none comes`, async () => {
    const before = await count();
    const events = await client.list<Seen>(`${path}/search?limit=7`);
    if ((await count()) !== before) return undefined;
    if (events.length !== before) throw new Fault(`${path}: ${events.length} events, counted as ${before}`);
    return events;
  });
}

function checkLog(talk: Talk, events: readonly Seen[], status: string): void {
  const at = `conversation ${talk.id}`;
  const ids = events.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw new Fault(`${at}: an event is listed twice`);
  const changed = talk.seen.findIndex((id, index) => ids[index] !== id);
  if (changed !== -1) {
    throw new Fault(
      `${at}: event ${changed} of ${talk.seen.length} was ${talk.seen[changed]}, now ${ids[changed]}`,
    );
  }
  talk.seen = ids;
  checkMessages(talk, events);
  checkAnswers(at, events, status);
}

function checkMessages(talk: Talk, events: readonly Seen[]): void {
  const at = `conversation ${talk.id}`;
  const said = events
    .filter(({ kind, source }) => kind === "MessageEvent" && source === "user")
    .map(({ llm_message }) => llm_message?.content[0]?.text ?? "");
  for (const text of said) {
    if (!talk.taken.includes(text) && !talk.unsure.has(text))
      throw new Fault(`${at}: a message of no one: ${text}`);
  }
  if (new Set(said).size !== said.length) throw new Fault(`${at}: a message is stored twice`);
  const taken = said.filter((text) => !talk.unsure.has(text));
  if (taken.length !== talk.taken.length) {
    const lost = talk.taken.filter((text) => !said.includes(text));
    throw new Fault(`${at}: messages that were taken are lost: ${lost.join("; ")}`);
  }
}

/** Every call has one result, and those that wait for the user none. */
function checkAnswers(at: string, events: readonly Seen[], status: string): void {
  const results = new Map<string, number>();
  for (const { kind, action_id } of events) {
    if (action_id !== undefined && kind !== "ActionEvent") {
      results.set(action_id, (results.get(action_id) ?? 0) + 1);
    }
  }
  for (const [id, count] of results) if (count > 1) throw new Fault(`${at}: call ${id} has ${count} results`);
  const open = events.filter(({ id, kind }) => kind === "ActionEvent" && !results.has(id));
  const mayWait = status === "waiting_for_confirmation" || status === "paused" || status === "idle";
  if (open.length > 0 && !mayWait) {
    throw new Fault(`${at}: ${status}, and call ${open[0]?.id} has no result`);
  }
}

/** No command of an agent has run twice. */
async function checkMarks({ id, folder }: Talk): Promise<void> {
  const marks = (await readFile(join(folder, "marks"), "utf8").catch(() => "")).trim().split("\n");
  if (new Set(marks).size !== marks.length) throw new Fault(`conversation ${id}: a command has run twice`);
}

/** Clients that follow have every event, in the order of the log, without a gap. */
async function checkFollowers({ id, seen, followers }: Talk): Promise<void> {
  for (const follower of followers) {
    await eventually(`a socket of conversation ${id} has all ${seen.length} events`, async () =>
      follower.seen.length >= seen.length ? true : undefined,
    );
    const gap = seen.findIndex((event, index) => {
      const sight = follower.seen[index];
      return sight?.id !== event || sight.seq !== index;
    });
    if (gap !== -1) throw new Fault(`conversation ${id}: a socket has another event at ${gap}`);
  }
}

/** What lives is listed once, and what is gone nowhere. */
async function checkLists({ client }: Reality, { talks, gone }: World): Promise<void> {
  const listed = (await client.list<{ id: string }>("/api/conversations/search?limit=3")).map(({ id }) => id);
  if (new Set(listed).size !== listed.length) throw new Fault("a conversation is listed twice");
  for (const { id } of talks) if (!listed.includes(id)) throw new Fault(`conversation ${id} is not listed`);
  for (const id of gone) {
    if (listed.includes(id)) throw new Fault(`conversation ${id} is listed after it was deleted`);
    const { status } = await client.ask("GET", `/api/conversations/${id}`);
    if (status !== 404) throw new Fault(`conversation ${id} answers ${status} after it was deleted`);
  }
  const count = await client.expect<number>("GET", "/api/conversations/count");
  if (count !== listed.length) throw new Fault(`${listed.length} conversations, counted as ${count}`);
}

/** Secrets, files, settings and commands of clients. */
async function checkBeside({ client }: Reality, world: World): Promise<void> {
  const { secrets } = await client.expect<{ secrets: { name: string }[] }>("GET", "/api/settings/secrets");
  const names = secrets.map(({ name }) => name).toSorted();
  const known = [...world.secrets.keys()].toSorted();
  if (names.join() !== known.join())
    throw new Fault(`secrets are ${names.join()} instead of ${known.join()}`);
  for (const [name, value] of world.secrets) {
    const { text } = await client.ask("GET", `/api/settings/secrets/${name}`);
    if (text !== value) throw new Fault(`secret ${name} is ${text} instead of ${value}`);
  }
  for (const [path, content] of world.files) {
    const { status, text } = await client.ask("GET", `/api/file/download?path=${encodeURIComponent(path)}`);
    if (text !== content)
      throw new Fault(`file ${path}: ${status}, ${text.length} characters, or other ones`);
  }
  for (const [id, output] of world.commands) await checkCommand(client, id, output);
  if (world.maxIterations === undefined) return;
  const settings = await client.expect<{ conversation_settings: Info }>("GET", "/api/settings");
  const { max_iterations } = settings.conversation_settings;
  if (max_iterations !== world.maxIterations) {
    throw new Fault(`the settings have ${max_iterations} instead of ${world.maxIterations}`);
  }
}

async function checkCommand(client: Reality["client"], id: string, output: string): Promise<void> {
  const events = await client.list<{ kind: string; stdout: string | null }>(
    `/api/bash/bash_events/search?limit=2&command_id__eq=${id}`,
  );
  const printed = events
    .filter(({ kind }) => kind === "BashOutput")
    .map(({ stdout }) => stdout ?? "")
    .join("");
  if (printed !== output) throw new Fault(`command ${id} printed ${printed} instead of ${output}`);
}
