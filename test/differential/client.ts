import { once } from "node:events";
import { WebSocket } from "ws";
import { exchange, jsonOrText, type Request, told } from "./exchange.ts";
import { type SessionWireFrame, sessionStory } from "./session/session-story.ts";

export interface WireEvent {
  id: string;
  kind: string;
  key?: string;
  value?: unknown;
  [field: string]: unknown;
}

export interface Answer {
  status: number;
  body: unknown;
}

/** What one request or one extra socket gave, with the name it is compared under. */
export interface Noted {
  call: string;
  [field: string]: unknown;
}

/** What is done while a session socket is open. */
export interface SessionOptions {
  /** Frames of the client. */
  say?: readonly unknown[];
  /** Whether the frames start a run, whose end is waited for. */
  startsRun?: boolean;
  act?(): Promise<void>;
  /** Default: the path of the conversation. */
  path?: string;
}

const DEADLINE_MS = 300_000;

/** One conversation on one server, driven the way the real clients do: HTTP for verbs, a socket for what happens. */
export class Client {
  readonly frames: WireEvent[] = [];
  readonly noted: Noted[] = [];
  readonly id: string;
  readonly #url: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  private constructor(url: string, id: string, socket: WebSocket) {
    this.#url = url;
    this.id = id;
    this.#socket = socket;
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)) as WireEvent);
      for (const wake of this.#waiting) wake();
    });
  }

  static async create(url: string, request: object): Promise<Client> {
    const created = await call(url, { method: "POST", path: "/api/conversations", body: request });
    if (created.status !== 201)
      throw new Error(`create answered ${created.status}: ${JSON.stringify(created.body)}`);
    const { id } = created.body as { id: string };
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${id}`);
    const client = new Client(url, id, socket);
    client.noted.push({ call: "create", ...created });
    await once(socket, "open");
    await client.until((frames) => frames.length > 0);
    return client;
  }

  async send(text: string, run = true): Promise<void> {
    await this.post("/events", { role: "user", content: [{ type: "text", text }], run });
  }

  /** Says something on the socket itself, as an object or as a frame of any text. */
  say(frame: object | string): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  sayBytes(frame: Uint8Array): void {
    this.#socket.send(frame);
  }

  /** Posts below the conversation and notes the answer. */
  post(path: string, body?: object): Promise<Answer> {
    return this.ask("POST", `~${path}`, body);
  }

  get(path: string, body?: unknown): Promise<Answer> {
    return this.ask("GET", `~${path}`, body);
  }

  /** Asks anything of the server and notes the answer. `~` is this conversation; a string body goes out as it is. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.request({ method, path, body });
  }

  /** Like `ask`, with headers of its own. */
  async request(request: Request): Promise<Answer> {
    const answer = await this.quietly(request);
    this.noted.push({ call: nameOf(request), ...answer });
    return answer;
  }

  /** Like `request`, and notes the headers that clients read; packed bodies are unpacked. */
  async bytes(request: Request): Promise<void> {
    const answer = await told(await exchange(this.#url, this.#whole(request)));
    this.noted.push({ call: nameOf(request), ...answer });
  }

  /** Asks without a note, for answers that come in no fixed order. */
  quietly(request: Request): Promise<Answer> {
    return call(this.#url, this.#whole(request));
  }

  #whole({ path, ...request }: Request): Request {
    return { ...request, path: path.replaceAll("~", `/api/conversations/${this.id}`) };
  }

  async sendAndWait(text: string): Promise<void> {
    await this.untilRunEndsAfter(() => this.send(text));
  }

  async postAndWait(path: string, body?: object): Promise<void> {
    await this.untilRunEndsAfter(() => this.post(path, body));
  }

  /** Runs and waits for the end of that run: the reference may tell the state of a pause before it only now. */
  async runAgain(): Promise<void> {
    const from = this.frames.length;
    await this.post("/run");
    await this.until((frames) => {
      const since = frames.slice(from);
      const start = since.findIndex(({ key, value }) => key === "execution_status" && value === "running");
      return start >= 0 && since.slice(start).some(isOver);
    });
  }

  /** Waits for the `full_state` that follows a run. */
  async untilRunEndsAfter(act: () => unknown): Promise<void> {
    const from = this.frames.length;
    await act();
    await this.until((frames) => frames.slice(from).some(isOver));
  }

  untilStatus(status: string): Promise<void> {
    return this.until((frames) =>
      frames.some(({ key, value }) => key === "execution_status" && value === status),
    );
  }

  untilKind(kind: string, count = 1): Promise<void> {
    return this.until((frames) => frames.filter((frame) => frame.kind === kind).length >= count);
  }

  async until(holds: (frames: readonly WireEvent[]) => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!holds(this.frames)) {
      if (Date.now() > deadline)
        throw new Error(`nothing more came after:\n${this.frames.map(line).join("\n")}`);
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, 250);
        const woken = () => {
          clearTimeout(timer);
          this.#waiting.delete(woken);
          wake();
        };
        this.#waiting.add(woken);
      });
    }
  }

  /**
   * Opens one more socket, notes what it shows until it falls silent, and closes it. `path` defaults to this
   * conversation.
   */
  async listen(query: string, path = `/sockets/events/${this.id}`): Promise<void> {
    const noted: Noted = { call: `socket ${query || path.replace(this.id, "~")}` };
    this.noted.push(noted);
    const frames: WireEvent[] = [];
    const socket = new WebSocket(`${this.#url.replace("http", "ws")}${path}${query}`);
    socket.on("message", (data) => frames.push(JSON.parse(String(data)) as WireEvent));
    socket.on("unexpected-response", (_request, response) => {
      noted.refused = response.statusCode;
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      if (noted.refused === undefined && !noted.left) noted.closed = [code, String(reason)];
    });
    await quiet(
      () => frames.length,
      () => noted.refused !== undefined || noted.closed !== undefined,
    );
    noted.left = socket.readyState === WebSocket.OPEN;
    noted.frames = frames;
    socket.close();
  }

  /**
   * Opens a session socket, sends these frames or does something else once it has begun, and notes what it shows until
   * it falls silent.
   */
  async followSession(query: string, { say = [], startsRun, act, path }: SessionOptions = {}): Promise<void> {
    const noted: Noted = {
      call: `session socket ${query} ${say.map((frame) => JSON.stringify(frame)).join()}`,
    };
    this.noted.push(noted);
    const frames: SessionWireFrame[] = [];
    const address = path ?? `/sockets/session/${this.id}`;
    const socket = new WebSocket(`${this.#url.replace("http", "ws")}${address}${query}`);
    socket.on("message", (data) => frames.push(JSON.parse(String(data)) as SessionWireFrame));
    socket.on("error", () => {});
    const hasEnded = () => socket.readyState === WebSocket.CLOSED;
    await Promise.race([once(socket, "open"), once(socket, "close")]).catch(() => {});
    await quiet(() => frames.length, hasEnded);
    const speak = () => {
      for (const frame of say) {
        const isWhole = typeof frame === "string" || frame instanceof Uint8Array;
        socket.send(isWhole ? frame : JSON.stringify(frame));
      }
    };
    if (startsRun) await this.untilRunEndsAfter(speak);
    else speak();
    await act?.();
    await quiet(() => frames.length, hasEnded);
    noted.left = socket.readyState === WebSocket.OPEN;
    noted.story = sessionStory(frames);
    socket.close();
  }

  async log(): Promise<WireEvent[]> {
    const { body } = await this.quietly({ method: "GET", path: "~/events/search?limit=100" });
    return (body as { items: WireEvent[] }).items;
  }

  async info(): Promise<unknown> {
    return (await this.quietly({ method: "GET", path: "~" })).body;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.quietly({ method: "DELETE", path: "~" });
  }
}

/** Until nothing has been counted for a second, after four at least: the reference takes its time with history. */
async function quiet(count: () => number, isOver: () => boolean): Promise<void> {
  const from = Date.now();
  for (let [seen, since] = [count(), from]; !isOver(); ) {
    await new Promise((done) => setTimeout(done, 100));
    if (count() !== seen) [seen, since] = [count(), Date.now()];
    if (Date.now() - since > 1_000 && Date.now() - from > 4_000) return;
  }
}

function nameOf({ method, path, body, headers }: Request): string {
  const isObject = typeof body === "object" && !(body instanceof Uint8Array);
  const words = isObject ? shortly(body) : "";
  const names = headers === undefined ? "" : shortly(headers);
  return [method, path, words, names].filter(Boolean).join(" ");
}

async function call(url: string, request: Request): Promise<Answer> {
  const { status, bytes } = await exchange(url, request);
  return { status, body: jsonOrText(bytes) };
}

/** The same on both sides: without what differs between them. */
function shortly(body: unknown): string {
  const words = JSON.stringify(body).replaceAll(/"http[^"]*"|"[0-9a-f]{8}-[0-9a-f-]{27}"/g, '"…"');
  return words.slice(0, 120);
}

function isOver(event: WireEvent): boolean {
  if (event.key !== "full_state") return false;
  const { execution_status } = event.value as { execution_status: string };
  return execution_status !== "running";
}

function line(event: WireEvent): string {
  return `${event.kind} ${event.key ?? ""} ${JSON.stringify(event.value ?? "").slice(0, 80)}`;
}
