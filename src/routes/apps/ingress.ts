import { AgentServerError, messageOf } from "../../errors.ts";
import { cookieValue } from "../../http/admission/credentials.ts";
import type { Connect, Socket } from "../../http/socket.ts";
import type { Logger } from "../../logger.ts";
import type { AppProxy } from "./app-proxy.ts";
import type { AppSession, AppSessions } from "./app-sessions.ts";
import { bridgeSockets } from "./bridge-sockets.ts";
import type { IngressOrigin } from "./ingress-origin.ts";
import { answerHeaders, requestHeaders } from "./proxy-headers.ts";
import { proxyTarget } from "./proxy-target.ts";

/** Name of the cookie, as in the reference. */
export const APP_COOKIE = "oh_app_backend_session";

export interface IngressParts {
  origin: IngressOrigin;
  sessions: AppSessions;
  proxy: AppProxy;
  /** The port of a back end that is ready. null for any other. */
  readyPort(name: string): number | null;
  logger: Logger;
}

/** Requests of one back end that are open at a time. */
const MAX_OPEN = 256;

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Lets browsers that hold a session reach one back end, and nothing else of this machine. */
export class Ingress {
  readonly #parts: IngressParts;
  readonly #open = new Map<string, number>();

  constructor(parts: IngressParts) {
    this.#parts = parts;
  }

  /** Passes a request on and answers with what the back end does. */
  async answer(name: string, request: Request): Promise<Response> {
    const { origin, proxy } = this.#parts;
    const target = proxyTarget(request);
    origin.checkHost(request);
    if (!READING.has(request.method)) origin.checkApp(request);
    const session = this.#session(name, request);
    if (session === null) throw new AgentServerError("unauthorized");
    if (request.headers.has("x-expose-secrets"))
      throw new AgentServerError("unprocessable", "Runtime secret exposure is unsupported");
    const leave = this.#enter(name);
    const signal = AbortSignal.any([request.signal, session.revoked]);
    const { method } = request;
    try {
      const headers = requestHeaders(request.headers);
      const answer = await proxy.request({
        ...{ port: session.port, method, target, headers, body: bodyOf(request), signal },
      });
      return await passedOn(answer, leave);
    } catch (error) {
      leave();
      if (AgentServerError.is(error)) throw error;
      throw new AgentServerError("bad_gateway", "Canvas App backend unreachable", { cause: error });
    }
  }

  /** Takes a socket of a browser. @throws AgentServerError `forbidden`, whatever the reason, as in the reference */
  connect(name: string, request: Request): Connect {
    try {
      return this.#connect(name, request);
    } catch (error) {
      if (!AgentServerError.is(error)) throw error;
      throw new AgentServerError("forbidden", error.detail, { cause: error });
    }
  }

  #connect(name: string, request: Request): Connect {
    const { origin } = this.#parts;
    const target = proxyTarget(request);
    origin.checkHost(request);
    origin.checkApp(request);
    const session = this.#session(name, request);
    if (session === null) throw new AgentServerError("forbidden", "There is no valid session");
    // The handshake agrees on the first one that the client names.
    const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim() || undefined;
    return (socket) => {
      this.#bridge(socket, session, { target, protocol }).catch((error: unknown) => {
        this.#parts.logger.info({ app: name, error: messageOf(error) }, "A back end has refused a socket");
        socket.close(1011);
      });
    };
  }

  async #bridge(
    socket: Socket,
    session: AppSession,
    request: { target: string; protocol: string | undefined },
  ): Promise<void> {
    const { proxy, sessions } = this.#parts;
    const leave = this.#enter(session.name);
    const end = () => socket.close(1008, "The session has ended");
    const timer = setTimeout(end, sessions.remaining(session));
    session.revoked.addEventListener("abort", end, { once: true });
    let isClosed = false;
    socket.onClose(() => {
      isClosed = true;
      leave();
      clearTimeout(timer);
      session.revoked.removeEventListener("abort", end);
    });
    const other = await proxy.socket({ port: session.port, ...request });
    if (isClosed) other.close();
    else bridgeSockets(socket, other);
  }

  /** @throws AgentServerError `unavailable` for a back end that is not ready */
  #session(name: string, request: Request): AppSession | null {
    const port = this.#parts.readyPort(name);
    if (port === null) throw new AgentServerError("unavailable", "Canvas App backend is not ready");
    return this.#parts.sessions.find(cookieValue(request, APP_COOKIE), { name, port });
  }

  /** Counts a request. The function ends the count, once. */
  #enter(name: string): () => void {
    const open = this.#open.get(name) ?? 0;
    if (open >= MAX_OPEN) throw new AgentServerError("unavailable", "Canvas App backend is busy");
    this.#open.set(name, open + 1);
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const left = (this.#open.get(name) ?? 1) - 1;
      if (left === 0) this.#open.delete(name);
      else this.#open.set(name, left);
    };
  }
}

/** The body of a request that has one: an empty one would become a chunked body. */
function bodyOf({ headers, body }: Request): ReadableStream<Uint8Array> | null {
  return headers.has("content-length") || headers.has("transfer-encoding") ? body : null;
}

async function passedOn({ status, headers, body }: Response, leave: () => void): Promise<Response> {
  if (status >= 300 && status < 400 && status !== 304) {
    await body?.cancel();
    throw new AgentServerError("bad_gateway", "Upstream redirect is not allowed");
  }
  if (body === null) leave();
  return new Response(body && ending(body, leave), { status, headers: answerHeaders(headers) });
}

/** The same bytes, with a call when they end, for whatever reason. */
function ending(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        onEnd();
      },
      async cancel(reason) {
        onEnd();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
