import { rm } from "node:fs/promises";
import { Client, type Noted, type WireEvent } from "./client.ts";
import { fieldsOf, promptsOf, withOwnMessages } from "./prompts.ts";
import type { Scenario, Setting } from "./scenario.ts";
import type { ScriptedModel } from "./scripted-model.ts";
import type { RunningServer } from "./servers.ts";

export interface Play {
  server: RunningServer;
  scenario: Scenario;
  model: ScriptedModel;
  side: "ours" | "reference";
  workspace: string;
  another: Setting["another"];
}

/** What clients saw of one conversation. */
export interface Outcome {
  id: string;
  /** The stored events. */
  log: WireEvent[];
  /** What the socket showed: stored events by name only, the rest whole. */
  frames: WireEvent[];
  /** The last state and the last figures that the socket showed. */
  state: unknown;
  stats: unknown;
  info: unknown;
  answers: Noted[];
  /** What the model was asked, where the scenario compares it. */
  prompts?: unknown;
  /** With which fields and headers, where the scenario compares them. */
  fields?: unknown;
}

/**
 * The reference's other backend, tmux, is a pool of panes shared by all conversations: no input reaches a program there
 * and folders are not kept. This server's terminal is a session of its own, as the reference's is without tmux.
 */
const TERMINAL = { name: "terminal", params: { terminal_type: "subprocess" } };

/** Plays a scenario on one server, in a workspace that is empty at first. */
export async function play({ server, scenario, model, side, workspace, another }: Play): Promise<Outcome> {
  await rm(workspace, { recursive: true, force: true });
  const script = typeof scenario.script === "function" ? scenario.script(workspace) : scenario.script;
  const scriptName = `${side}-${scenario.name.replaceAll(/\W+/g, "-")}`;
  const base_url = model.load(scriptName, script);
  const client = await Client.create(server.url, startRequest({ scenario, base_url, workspace }));
  try {
    if (scenario.drive) await scenario.drive(client, { workspace, base_url, another });
    else await client.sendAndWait("Go.");
    const outcome = await outcomeOf(client);
    const { prompts: words } = scenario;
    const fields = scenario.fields && { fields: fieldsOf(model.requests(scriptName), client.id) };
    if (words === undefined) return { ...outcome, ...fields };
    return {
      ...withOwnMessages(outcome, words),
      ...fields,
      prompts: promptsOf(model.asked(scriptName), words),
    };
  } finally {
    await client.close();
  }
}

interface Start {
  scenario: Scenario;
  base_url: string;
  workspace: string;
}

function startRequest({ scenario, base_url, workspace }: Start): object {
  const llm = { model: "openai/scripted", api_key: "key", base_url, usage_id: "default", ...scenario.llm };
  const agent = typeof scenario.agent === "function" ? scenario.agent(llm, workspace) : scenario.agent;
  const tools = [TERMINAL, { name: "file_editor" }, { name: "task_tracker" }];
  return {
    autotitle: false,
    workspace: { working_dir: workspace },
    ...(scenario.settings
      ? { agent_settings: { llm, tools, ...scenario.settings } }
      : { agent: { kind: "Agent", llm, tools, ...agent } }),
    ...(typeof scenario.request === "function" ? scenario.request(workspace) : scenario.request),
  };
}

async function outcomeOf(client: Client): Promise<Outcome> {
  const log = await client.log();
  const stored = new Map(log.map((event) => [event.id, JSON.stringify(event)]));
  const states = client.frames.filter(({ key }) => key === "full_state");
  return {
    id: client.id,
    log: log.filter(({ key }) => key !== "stats"),
    frames: client.frames.filter(isTold).map((frame) => told(frame, stored)),
    state: states.at(-1)?.value,
    stats: client.frames.filter(({ key }) => key === "stats").at(-1)?.value,
    info: await client.info(),
    answers: client.noted.map(withoutStats),
  };
}

/** In lists of events too. */
function withoutStats(answer: Noted): Noted {
  const frames = (answer.frames as WireEvent[] | undefined)?.filter(({ key }) => key !== "stats");
  const body = answer.body as { items?: WireEvent[] } | undefined;
  const items = Array.isArray(body?.items) ? body.items.filter(({ key }) => key !== "stats") : undefined;
  return { ...answer, ...(frames && { frames }), ...(items && { body: { ...body, items } }) };
}

/** How often figures and whole states are told, and between which events, is a matter of timing. */
function isTold({ key }: WireEvent): boolean {
  return key !== "full_state" && key !== "stats";
}

/** A frame must be what is stored; the log is compared in full already, so its name is enough here. */
function told(frame: WireEvent, stored: ReadonlyMap<string, string>): WireEvent {
  const text = stored.get(frame.id);
  if (text === undefined) return frame;
  const { id, kind, source, key, tool_name } = frame;
  const name = {
    id,
    kind,
    source,
    ...(key === undefined ? {} : { key }),
    ...(tool_name === undefined ? {} : { tool_name }),
  };
  return { ...name, isWhatIsStored: text === JSON.stringify(frame) };
}
