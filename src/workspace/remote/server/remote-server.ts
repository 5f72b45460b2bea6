import { isObject } from "../../../is-object.ts";
import { CLAIM_HEADER, claimsText } from "../../machine-claim.ts";
import type { ByteRange } from "../../workspace-files.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { lost, Patience, unreadable } from "./remote-failure.ts";
import type { ResolvedRemote } from "./remote-options.ts";

/** The end of a command on the other server. */
export interface RemoteOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Options of one call. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Whether it is one of many that only look whether something has come. Default: false. */
  isLook?: boolean | undefined;
}

/** A call that starts a command. */
export interface StartOptions extends CallOptions {
  /** UUID under which the other server starts it once, however often it is asked to. Only where it honours claims. */
  id?: string | undefined;
}

/** A call of a short script. */
export interface ExecuteOptions extends StartOptions {
  /** Whether the script may run twice without harm, so that it is repeated when its answer is lost. */
  repeatable?: boolean;
}

/** Seconds that a short script may take over there. */
const SCRIPT_SECONDS = 60;

/** Commands among which one is looked for whose start was not answered. */
const COMMANDS_SHOWN = 50;

/**
 * The bash and file routes of another agent server, with the bounds of `RemoteCalls`.
 *
 * @throws WorkspaceError `unavailable`
 */
export class RemoteServer {
  readonly #options: ResolvedRemote;
  readonly #calls: RemoteCalls;

  constructor(options: ResolvedRemote) {
    this.#options = options;
    this.#calls = new RemoteCalls(options);
  }

  /** Scheme, host and path, for messages. */
  get address(): string {
    return this.#options.address;
  }

  /** Ends what is on its way, and sends nothing any more. */
  leave(): void {
    this.#calls.leave();
  }

  /**
   * Shows the other server the claims, so that it refuses what comes under earlier ones. Resolves once what came under
   * those has had its effect. Rejects for a server that does not honour claims.
   */
  async showClaims(): Promise<void> {
    const query = { limit: "1" };
    const call = { method: "GET", path: "/api/bash/bash_events/search", query, attempts: 5 } as const;
    const response = await this.#calls.send(call);
    await response.body?.cancel();
    if (!response.ok) throw await this.refused(response);
    if (response.headers.get(CLAIM_HEADER) === claimsText(this.#options.claims?.list ?? [])) return;
    throw lost(this.#options, "it does not honour claims, so that several servers cannot share it");
  }

  /** Starts a command and returns its id. Rejects with `LostRequest` when it is unknown whether it has been started. */
  async start(
    command: string,
    timeoutSeconds: number,
    { id, ...options }: StartOptions = {},
  ): Promise<string> {
    const answer = await this.#calls.json({
      ...options,
      ...named(id),
      method: "POST",
      path: "/api/bash/start_bash_command",
      json: { command, timeout: timeoutSeconds },
    });
    return this.#text(answer, "id");
  }

  /** Whether a command with this id was started. */
  async wasStarted(id: string, options: CallOptions = {}): Promise<boolean> {
    const path = `/api/bash/bash_events/${id.replaceAll("-", "")}`;
    const response = await this.#calls.send({ ...options, method: "GET", path, attempts: 3 });
    await response.body?.cancel();
    if (response.ok || response.status === 404) return response.ok;
    throw await this.refused(response);
  }

  /** Finds the newest command whose text contains a word. null without one. */
  async findCommand(word: string): Promise<string | null> {
    const query = { kind__eq: "BashCommand", sort_order: "TIMESTAMP_DESC", limit: String(COMMANDS_SHOWN) };
    const found = (await this.#events(query)).find((item) => String(item.command).includes(word));
    return found === undefined ? null : this.#text(found, "id");
  }

  /** Ends a command with its process group. One that has ended, or is unknown, is fine. */
  async stop(id: string): Promise<void> {
    const path = `/api/bash/bash_commands/${encodeURIComponent(id)}/stop`;
    const response = await this.#calls.send({ method: "POST", path, attempts: 3 });
    await response.body?.cancel();
    if (!response.ok && response.status !== 404) throw await this.refused(response);
  }

  /** The end of a command that was started. null while it runs. */
  async end(commandId: string, options: CallOptions = {}): Promise<RemoteOutput | null> {
    const query = {
      kind__eq: "BashOutput",
      command_id__eq: commandId,
      sort_order: "TIMESTAMP_DESC",
      limit: "1",
    };
    const [last] = await this.#events(query, options);
    return last === undefined || last.exit_code === null ? null : this.#output(last);
  }

  /** Runs a short script to its end. */
  async execute(
    command: string,
    { repeatable = false, id, ...options }: ExecuteOptions = {},
  ): Promise<RemoteOutput> {
    const json = { command, timeout: SCRIPT_SECONDS };
    const path = "/api/bash/execute_bash_command";
    const patience = Math.max(this.#options.patience, (SCRIPT_SECONDS + 10) * 1000);
    const call = { method: "POST", path, json, patience, ...(repeatable && { attempts: 3 }) } as const;
    return this.#output(await this.#calls.json({ ...options, ...call, ...named(id) }));
  }

  /** Asks for a file, or a range of it. The answer is not read, and may be a refusal. */
  download(path: string, { offset = 0, length }: ByteRange, options: CallOptions = {}): Promise<Response> {
    const end = length === undefined ? "" : String(offset + Math.max(length, 1) - 1);
    const isWhole = offset === 0 && length === undefined;
    // A compressed answer would have no range of the file.
    const headers = {
      "accept-encoding": "identity",
      ...(isWhole ? {} : { range: `bytes=${offset}-${end}` }),
    };
    const query = { path };
    return this.#calls.send({
      ...options,
      method: "GET",
      path: "/api/file/download",
      query,
      headers,
      attempts: 3,
    });
  }

  /** Reads a range of a file into memory. Empty where the file or the range does not exist yet. */
  async tail(path: string, range: Required<ByteRange>, options: CallOptions = {}): Promise<Uint8Array> {
    const response = await this.download(path, range, options);
    if (response.status === 404 || response.status === 416) {
      await response.body?.cancel();
      return new Uint8Array(0);
    }
    if (!response.ok) throw await this.refused(response);
    const skipped = response.status === 206 ? 0 : range.offset;
    const bytes = await this.#calls.body(response, { maxBytes: skipped + range.length });
    return bytes.subarray(skipped);
  }

  /** Puts a file at an absolute path. Folders above it are made. */
  async upload(path: string, content: AsyncIterable<Uint8Array>, options: CallOptions = {}): Promise<void> {
    const { multipartBody } = await import("./multipart-body.ts");
    const patience = new Patience(this.#options.patience);
    const { type, stream } = multipartBody(content, patience);
    const headers = { "content-type": type };
    const query = { path };
    const call = { ...options, method: "POST", path: "/api/file/upload", query, headers } as const;
    const response = await this.#calls.send({ ...call, body: { stream, patience } });
    if (!response.ok) throw await this.refused(response);
    await response.body?.cancel();
  }

  /** The error for an answer that is a refusal. Its text is what the other server says, cut to a sentence. */
  refused(response: Response): Promise<Error> {
    return this.#calls.refused(response);
  }

  async #events(
    query: Record<string, string>,
    options: CallOptions = {},
  ): Promise<Record<string, unknown>[]> {
    const path = "/api/bash/bash_events/search";
    const page = await this.#calls.json({ ...options, method: "GET", path, query, attempts: 3 });
    if (!Array.isArray(page.items) || !page.items.every(isObject)) throw unreadable(this.#options, "items");
    return page.items;
  }

  #output(value: Record<string, unknown>): RemoteOutput {
    const { exit_code: exitCode, stdout = null, stderr = null } = value;
    if (typeof exitCode !== "number") throw unreadable(this.#options, "exit_code");
    const texts = [stdout, stderr].map((text) => text ?? "");
    const [out, err] = texts;
    if (typeof out !== "string" || typeof err !== "string")
      throw unreadable(this.#options, "stdout or stderr");
    return { exitCode, stdout: out, stderr: err };
  }

  #text(value: Record<string, unknown>, name: string): string {
    const text = value[name];
    if (typeof text !== "string" || text === "" || text.length > 200) throw unreadable(this.#options, name);
    return text;
  }
}

/** Options of a call that may be repeated: the id under which the other server carries it out once. */
function named(id: string | undefined) {
  return id === undefined ? {} : { headers: { "x-event-id": id }, attempts: 3 };
}

/** A text as the content of an upload. */
export async function* textPieces(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
