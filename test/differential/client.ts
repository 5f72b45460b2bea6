import { once } from "node:events";
import { WebSocket } from "ws";

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

const DEADLINE_MS = 60_000;

/** One conversation on one server, driven the way the real clients do: HTTP for verbs, a socket for what happens. */
export class Client {
  readonly frames: WireEvent[] = [];
  readonly answers: Answer[] = [];
  readonly #url: string;
  readonly #id: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  private constructor(url: string, id: string, socket: WebSocket) {
    this.#url = url;
    this.#id = id;
    this.#socket = socket;
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)) as WireEvent);
      for (const wake of this.#waiting) wake();
    });
  }

  static async create(url: string, request: object): Promise<Client> {
    const created = await call(url, "POST", "/api/conversations", request);
    if (created.status !== 201)
      throw new Error(`create answered ${created.status}: ${JSON.stringify(created.body)}`);
    const { id } = created.body as { id: string };
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${id}`);
    const client = new Client(url, id, socket);
    await once(socket, "open");
    await client.until((frames) => frames.length > 0);
    return client;
  }

  async send(text: string, run = true): Promise<void> {
    await this.post("/events", { role: "user", content: [{ type: "text", text }], run });
  }

  /** Posts below the conversation and notes the answer. */
  async post(path: string, body?: object): Promise<Answer> {
    const answer = await call(this.#url, "POST", `/api/conversations/${this.#id}${path}`, body);
    this.answers.push(answer);
    return answer;
  }

  /** Waits for a `full_state` that says the run is over, sent after everything that is here now. */
  async runEnded(): Promise<void> {
    const from = this.frames.length;
    await this.until((frames) => frames.slice(Math.max(0, from - 1)).some(isOver));
  }

  async sendAndWait(text: string): Promise<void> {
    const from = this.frames.length;
    await this.send(text);
    await this.until((frames) => frames.slice(from).some(isOver));
  }

  async postAndWait(path: string, body?: object): Promise<void> {
    const from = this.frames.length;
    await this.post(path, body);
    await this.until((frames) => frames.slice(from).some(isOver));
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

  async log(): Promise<WireEvent[]> {
    const { body } = await call(this.#url, "GET", `/api/conversations/${this.#id}/events/search?limit=100`);
    return (body as { items: WireEvent[] }).items;
  }

  async info(): Promise<Record<string, unknown>> {
    const { body } = await call(this.#url, "GET", `/api/conversations/${this.#id}`);
    return body as Record<string, unknown>;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await call(this.#url, "DELETE", `/api/conversations/${this.#id}`);
  }
}

async function call(url: string, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(url + path, init);
  return { status: response.status, body: await response.json().catch(() => null) };
}

function isOver(event: WireEvent): boolean {
  if (event.key !== "full_state") return false;
  const { execution_status } = event.value as { execution_status: string };
  return execution_status !== "running";
}

function line(event: WireEvent): string {
  return `${event.kind} ${event.key ?? ""} ${JSON.stringify(event.value ?? "").slice(0, 80)}`;
}
