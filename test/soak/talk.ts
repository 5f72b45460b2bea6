import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FrameReader } from "../bench/load/frame-reader.ts";
import { type Follower, follow } from "../cluster/harness/follower.ts";
import { type Client, Outage } from "./client.ts";

/** One call of the model, as the obedient model reads it in a message. */
export interface Order {
  say?: string;
  calls?: [tool: string, args: Record<string, unknown>][];
  fail?: number;
  delay?: number;
  pace?: number;
}

export interface TalkOptions {
  client: Client;
  /** Base URL of the model. */
  model: string;
  /** Folder that holds the working folders. */
  folder: string;
  random(): number;
}

interface Event {
  id: string;
  kind: string;
  source: string;
  tool_call_id?: string;
  llm_message?: { content: { text?: string }[] };
}

const RESTING: ReadonlySet<string> = new Set(["idle", "finished", "paused", "error", "stuck"]);
const WAITING = "waiting_for_confirmation";
const TOOLS = ["terminal", "file_editor", "task_tool_set", "task_tracker"];

/** A conversation of a soak, and what the server has promised of it. */
export class Talk {
  readonly id = randomUUID();
  /** Its working folder. */
  readonly folder: string;
  /** Messages that the server has taken, each a text that no other has. */
  readonly #taken: string[] = [];
  /** Messages that were sent into an outage. Each is there once, or not at all. */
  readonly #unsure = new Set<string>();
  readonly #options: TalkOptions;
  readonly #path: string;
  readonly #sockets: FrameReader[] = [];
  #follower: Follower | undefined;

  private constructor(options: TalkOptions) {
    this.#options = options;
    this.#path = `/api/conversations/${this.id}`;
    this.folder = join(options.folder, "projects", this.id);
  }

  static async create(options: TalkOptions, { asksFirst = false } = {}): Promise<Talk> {
    const talk = new Talk(options);
    const { client, model, random } = options;
    const llm = { model: "openai/scripted", base_url: model, api_key: "none", stream: random() < 0.5 };
    const patience = { num_retries: 4, retry_min_wait: 0, retry_max_wait: 1, timeout: 60 };
    const json = {
      conversation_id: talk.id,
      agent: { llm: { ...llm, ...patience }, tools: TOOLS.map((name) => ({ name })) },
      workspace: { working_dir: talk.folder },
      ...(asksFirst && { confirmation_policy: { kind: "AlwaysConfirm" } }),
      autotitle: random() < 0.5,
    };
    await client.expect("POST", "/api/conversations", json, [200, 201]);
    return talk;
  }

  /** Sends a message that makes the agent play this plan. */
  async say(plan: readonly Order[]): Promise<void> {
    const text = `Message ${randomUUID()}.\n${JSON.stringify(plan)}`;
    const json = { role: "user", content: [{ type: "text", text }], run: true };
    try {
      const { status, text: answer } = await this.#options.client.ask("POST", `${this.#path}/events`, json);
      // Without a free slot for the run the message is taken nevertheless.
      if (status !== 200 && status !== 429) throw new Error(`a message: ${status} ${answer.slice(0, 300)}`);
      this.#taken.push(text);
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
      this.#unsure.add(text);
    }
  }

  verb(name: string, json?: object): Promise<unknown> {
    return this.#options.client.expect("POST", `${this.#path}/${name}`, json, [200, 409, 429]);
  }

  /** Waits until nothing happens any more, and says yes to what the agent asks. Returns the status. */
  atRest(): Promise<string> {
    const { client } = this.#options;
    return client.eventually(`${this.#path} comes to rest`, async () => {
      const { execution_status: status } = await client.expect<{ execution_status: string }>(
        "GET",
        this.#path,
      );
      if (status === WAITING) await this.verb("events/respond_to_confirmation", { accept: true });
      return RESTING.has(status) ? status : undefined;
    });
  }

  /** A client that reads everything, and comes back when it is cut off. */
  follow(): void {
    this.#follower ??= follow(this.#options.client.url, this.id, { patience: 30_000 });
  }

  /** A socket that reads, does not read at all, or vanishes after some frames. */
  watch(how: "reads" | "stalls" | "vanishes"): void {
    const socket = new FrameReader(`${this.#options.client.url}/sockets/events/${this.id}?resend_mode=all`);
    if (how === "stalls") socket.socket.once("connect", () => socket.socket.pause());
    if (how === "vanishes") {
      socket.onFrames = () => {
        if (socket.frames > 5) socket.socket.resetAndDestroy();
      };
    }
    this.#sockets.push(socket);
  }

  /** Throws if something is not there that was promised. */
  async check(): Promise<void> {
    const { client } = this.#options;
    const status = await this.atRest();
    const events = await client.eventually(`the log of ${this.#path} is still`, () => this.#log());
    this.#checkMessages(events);
    checkResults(this.#path, status, events);
    const follower = this.#follower;
    if (follower === undefined) return;
    await client.eventually(`the follower of ${this.#path} has everything`, async () =>
      follower.seen.length >= events.length ? true : undefined,
    );
    const seen = follower.seen.map(({ id }) => id);
    const index = events.findIndex(({ id }, at) => seen[at] !== id);
    if (index !== -1) throw new Error(`${this.#path}: a follower has another event at ${index}`);
  }

  /** Reads what clients look at. */
  async browse(): Promise<void> {
    const { client } = this.#options;
    await client.expect("GET", "/api/conversations/search?limit=20");
    await client.expect("GET", `${this.#path}/events/search?limit=50&sort_order=TIMESTAMP_DESC`);
    await client.expect("GET", `${this.#path}/events/search?kind=MessageEvent`);
    await client.expect("GET", `${this.#path}/agent_final_response`, undefined, [200, 404]);
  }

  /** Number of its stored events. */
  count(): Promise<number> {
    return this.#options.client.expect("GET", `${this.#path}/events/count`);
  }

  leave(): void {
    this.#follower?.close();
    for (const { socket } of this.#sockets.splice(0)) socket.destroy();
  }

  /** With its working folder, which a server leaves to its owner. */
  async delete(): Promise<void> {
    this.leave();
    await this.#options.client.expect("DELETE", this.#path, undefined, [200, 404]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Everything, or undefined if something came meanwhile. */
  async #log(): Promise<Event[] | undefined> {
    const before = await this.count();
    const events: Event[] = [];
    for (let page = ""; ; ) {
      const next = page === "" ? "" : `&page_id=${encodeURIComponent(page)}`;
      const answer = await this.#options.client.expect<{ items: Event[]; next_page_id: string | null }>(
        "GET",
        `${this.#path}/events/search?limit=100${next}`,
      );
      events.push(...answer.items);
      if (answer.next_page_id === null) break;
      page = answer.next_page_id;
    }
    const isStill = (await this.count()) === before;
    if (isStill && events.length !== before) {
      throw new Error(`${this.#path}: ${events.length} events, counted as ${before}`);
    }
    return isStill ? events : undefined;
  }

  #checkMessages(events: readonly Event[]): void {
    const said = events
      .filter(({ kind, source }) => kind === "MessageEvent" && source === "user")
      .map(({ llm_message }) => llm_message?.content[0]?.text ?? "");
    if (new Set(said).size !== said.length) throw new Error(`${this.#path}: a message is there twice`);
    const lost = this.#taken.filter((text) => !said.includes(text));
    if (lost.length > 0) throw new Error(`${this.#path}: ${lost.length} messages that were taken are lost`);
    const strange = said.filter((text) => !this.#taken.includes(text) && !this.#unsure.has(text));
    if (strange.length > 0) throw new Error(`${this.#path}: a message of no one: ${strange[0]}`);
  }
}

/** Every call of an agent that has ended by itself has one result, and no call has two. */
function checkResults(path: string, status: string, events: readonly Event[]): void {
  const results = new Map<string, number>();
  for (const { kind, tool_call_id: id } of events) {
    if (id !== undefined && kind !== "ActionEvent") results.set(id, (results.get(id) ?? 0) + 1);
  }
  const calls = events.flatMap(({ kind, tool_call_id: id = "" }) => (kind === "ActionEvent" ? [id] : []));
  const twice = calls.find((id) => (results.get(id) ?? 0) > 1);
  if (twice !== undefined) throw new Error(`${path}: call ${twice} has several results`);
  const open = calls.find((id) => !results.has(id));
  if (open !== undefined && (status === "finished" || status === "error")) {
    throw new Error(`${path}: ${status}, and call ${open} has no result`);
  }
}
