import { AgentServerError, messageOf } from "../errors.ts";
import type { FeedReader } from "../events/feeds/feed.ts";
import type { Socket } from "../http/socket.ts";
import type { Logger } from "../logger.ts";
import { type ExecuteBashRequest, executeBashRequest } from "../wire/machine/bash.ts";
import { ReceiveBudget } from "./receive-budget.ts";
import { describeFaults, FrameError, parseFrame, toFrameError } from "./socket-frame.ts";
import { SocketWriter } from "./socket-writer.ts";

/** Sockets of one server that watch its bash events. */
const MAX_SOCKETS = 50;
/** Bytes that a socket may lag behind by default. */
const MAX_LAG_BYTES = 4 * 1024 * 1024;

/** The part of bash commands that sockets need. */
export interface WatchedBash {
  /** Starts watching the events of the server's commands. */
  watch(): Promise<{ reader: FeedReader; history(): AsyncIterable<readonly string[]> }>;
  /** Starts a command. Resolves once it is stored. */
  start(request: ExecuteBashRequest): Promise<unknown>;
  /** Makes an event that says why a frame was refused. */
  refusal(code: string, detail: string): object;
}

export interface BashSocketsOptions {
  bash: WatchedBash;
  logger: Logger;
  /** Bytes a socket may lag behind before it is closed with 1013. Default: 4 MiB. */
  maxLagBytes?: number | undefined;
}

/** The sockets that watch the bash events of one server. */
export class BashSockets {
  readonly #options: BashSocketsOptions;
  #count = 0;

  constructor(options: BashSocketsOptions) {
    this.#options = options;
  }

  /**
   * Serves a socket until it closes: every past event if asked for, then live ones, without a gap or a repetition. A
   * frame of the client is a command to start. Never rejects: closes with 1013 for one socket too many or one too slow,
   * with 1001 when the server closes.
   */
  async serve(socket: Socket, { resend }: { resend: boolean }): Promise<void> {
    if (this.#count >= MAX_SOCKETS) return socket.close(1013, "Too many bash event connections");
    this.#count += 1;
    try {
      await this.#serve(socket, resend);
    } catch (error) {
      this.#options.logger.error({ error: messageOf(error) }, "A bash socket failed");
      socket.close(1011, "Internal error");
    } finally {
      this.#count -= 1;
    }
  }

  async #serve(socket: Socket, resend: boolean): Promise<void> {
    const { bash, maxLagBytes = MAX_LAG_BYTES } = this.#options;
    const { reader, history } = await bash.watch();
    const receive = receiver(bash);
    const writer: SocketWriter = new SocketWriter({
      socket,
      reader,
      maxLagBytes,
      onMessage: (data) => void receive(data, writer),
    });
    try {
      await writer.write(resend ? history() : nothing());
    } finally {
      reader.close();
    }
  }
}

/** Takes the frames of one client. One that is refused is answered with a `BashError`. */
function receiver(bash: WatchedBash) {
  const budget = new ReceiveBudget();
  return async (data: string | Uint8Array, writer: SocketWriter): Promise<void> => {
    const done = budget.take(data);
    if (done === undefined) return writer.close(1013, "Too many messages at once");
    try {
      const request = readRequest(data);
      if (request !== undefined) await bash.start(request);
    } catch (error) {
      const { code, detail } = toBashFault(error);
      writer.send(JSON.stringify(bash.refusal(code, detail)));
    } finally {
      done();
    }
  };
}

/** The command in a frame; undefined for an auth frame. */
function readRequest(data: string | Uint8Array): ExecuteBashRequest | undefined {
  const value = parseFrame(data);
  if (value === undefined) return undefined;
  const parsed = executeBashRequest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new FrameError("ValidationError", describeFaults(parsed.error, "command"));
}

/** A server that is busy has a name that clients can tell from a fault of theirs. */
function toBashFault(error: unknown): { code: string; detail: string } {
  const isBusy = AgentServerError.is(error) && error.code === "too_many_requests";
  return isBusy ? { code: "BashCommandLimitExceeded", detail: error.message } : toFrameError(error);
}

async function* nothing(): AsyncGenerator<readonly string[], void, void> {}
