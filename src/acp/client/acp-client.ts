import type {
  ClientApp,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
} from "@agentclientprotocol/sdk";
import { asObject, isObject } from "../../is-object.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { MAX_OPEN_REQUESTS } from "../limits.ts";
import { ClientFiles } from "./client-files.ts";
import { ClientTerminals } from "./client-terminals.ts";

/** Takes what a program reports of a session. */
export interface UpdateSink {
  push(update: SessionUpdate): void;
  /** Resolves when the next update may come. */
  ready(): Promise<void>;
}

/** Answers a program that asks whether it may do something. */
export type AskPermission = (request: RequestPermissionRequest) => Promise<RequestPermissionResponse>;

/**
 * The side of a connection that a program asks: for permissions, files and terminals. What it reports of a session goes
 * to the sink of that session, and nowhere without one: a session that is loaded tells its whole past once more.
 */
export class AcpClient {
  readonly #sinks = new Map<string, UpdateSink>();
  readonly #files: ClientFiles;
  readonly #terminals: ClientTerminals;
  #permission: AskPermission | undefined;
  #open = 0;

  constructor(workspace: Workspace) {
    this.#files = new ClientFiles(workspace);
    this.#terminals = new ClientTerminals(workspace);
  }

  /** Gives the updates of a session to a sink. Returns the function that ends this. */
  follow(sessionId: string, sink: UpdateSink): () => void {
    this.#sinks.set(sessionId, sink);
    return () => {
      if (this.#sinks.get(sessionId) === sink) this.#sinks.delete(sessionId);
    };
  }

  /** Sets who answers questions for permission; without one they are answered with no. */
  answerPermissions(ask: AskPermission | undefined): void {
    this.#permission = ask;
  }

  /** Takes a report, without a look at its content: other versions of the protocol have further kinds. */
  take(params: unknown): void {
    const { sessionId, update } = asObject(params);
    if (isObject(update)) this.#sinks.get(String(sessionId))?.push(update as unknown as SessionUpdate);
  }

  /** Resolves when the next message of the program may be read. */
  async ready(): Promise<void> {
    for (const sink of this.#sinks.values()) await sink.ready();
  }

  /** The handlers of a connection. */
  async app(): Promise<ClientApp> {
    const { client, RequestError } = await import("@agentclientprotocol/sdk");
    const few = <P, R>(answer: (params: P) => Promise<R>) => this.#fewAtATime(answer, RequestError);
    return client({ name: "agent-server" })
      .onRequest("session/request_permission", ({ params }) => this.#ask(params))
      .onRequest("fs/read_text_file", ({ params }) => few(() => this.#files.read(params))(params))
      .onRequest("fs/write_text_file", ({ params }) => few(() => this.#files.write(params))(params))
      .onRequest("terminal/create", ({ params }) => few(() => this.#terminals.create(params))(params))
      .onRequest("terminal/output", ({ params }) => this.#terminals.output(params))
      .onRequest("terminal/wait_for_exit", ({ params, signal }) =>
        this.#terminals.waitForExit(params, signal),
      )
      .onRequest("terminal/kill", ({ params }) => this.#terminals.kill(params))
      .onRequest("terminal/release", ({ params }) => this.#terminals.release(params))
      .onRequest("elicitation/create", () => ({ action: "decline" }));
  }

  /** Ends the terminals. */
  close(): Promise<void> {
    return this.#terminals.close();
  }

  async #ask(request: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    if (this.#permission === undefined) return { outcome: { outcome: "cancelled" } };
    return this.#permission(request);
  }

  #fewAtATime<P, R>(
    answer: (params: P) => Promise<R>,
    Refusal: typeof import("@agentclientprotocol/sdk").RequestError,
  ): (params: P) => Promise<R> {
    return async (params) => {
      if (this.#open >= MAX_OPEN_REQUESTS)
        throw Refusal.invalidRequest(
          undefined,
          `at most ${MAX_OPEN_REQUESTS} requests are answered at a time`,
        );
      this.#open += 1;
      try {
        return await answer(params);
      } catch (error) {
        throw error instanceof Refusal ? error : Refusal.internalError({ details: wordsOf(error) });
      } finally {
        this.#open -= 1;
      }
    };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
