import { AgentServerError, type ErrorCode } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import type { Client } from "../../limits/client.ts";
import type { Content } from "../../wire/events/message.ts";
import type { Errands } from "./errands.ts";
import { type NodeRequests, type ReachedNode, responseOf, type Tried } from "./node-requests.ts";

export interface MessagesOptions {
  errands: Errands;
  requests: NodeRequests;
  newId(): string;
}

/** A message of a user. */
export interface SentMessage {
  conversationId: string;
  content: Content[];
  /** The client that has sent it. Left out where none has limits. */
  client?: Client | undefined;
  /** Stores it here, as the event with this id. */
  here(eventId: string): Promise<void>;
}

/** Brings messages that clients send on sockets, which any node serves, to the node that has the conversation. */
export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** Resolves once it is stored. Rejects as on that node. */
  async send({ conversationId: id, content, client, here }: SentMessage): Promise<void> {
    const eventId = this.#options.newId();
    const body = new TextEncoder().encode(JSON.stringify({ event_id: eventId, content, client }));
    const refusal = await this.#options.errands.run<AgentServerError | undefined>({
      wanted: { id, isTaken: true },
      isRepeatable: () => true,
      canTurnAway: () => true,
      here: async () => void (await here(eventId)),
      there: (node) => this.#post(node, id, body),
    });
    if (refusal !== undefined) throw refusal;
  }

  async #post(node: ReachedNode, id: string, body: Uint8Array): Promise<Tried<AgentServerError | undefined>> {
    const tried = responseOf(
      await this.#options.requests.send(node, {
        method: "POST",
        target: `/cluster/conversations/${id}/messages`,
        headers: [
          ["content-type", "application/json"],
          ["content-length", String(body.byteLength)],
        ],
        body: once(body),
        signal: new AbortController().signal,
      }),
    );
    return tried.kind === "done" ? { kind: "done", value: await refusalIn(tried.value) } : tried;
  }
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Codes of the refusals that a message can meet. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "payload_too_large",
  422: "unprocessable",
  429: "too_many_requests",
  503: "unavailable",
};

async function refusalIn(response: Response): Promise<AgentServerError | undefined> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return undefined;
  // From 500 on, `detail` says nothing.
  const detail = isObject(body) ? (body.exception ?? body.detail) : undefined;
  return new AgentServerError(CODES[response.status] ?? "internal", detail);
}
