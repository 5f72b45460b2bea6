import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { type ClientOptions, WebSocket } from "ws";

export interface Sent extends Pick<RequestOptions, "method" | "agent"> {
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
}

export interface Received {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A bare client: it sends a body with any method and shows headers as they came. */
export function send(url: string, { body, headers, ...options }: Sent = {}): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const request = start(url, {
    ...options,
    headers: { ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }), ...headers },
  });
  request.on("error", reject);
  request.on("response", async (response) => {
    try {
      const chunks = await response.toArray();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      });
    } catch (error) {
      reject(error);
    }
  });
  request.end(body);
  return promise;
}

export function start(url: string, options: RequestOptions = {}) {
  const settings = { agent: false, rejectUnauthorized: false, ...options };
  return url.startsWith("https") ? httpsRequest(url, settings) : httpRequest(url, settings);
}

export interface Client {
  webSocket: WebSocket;
  /** The next text frame. */
  next(): Promise<string>;
  closed: Promise<{ code: number; reason: string }>;
}

/** Opens a socket; rejects with the status of a refusal. `eager` frames go out in the very turn the handshake ends. */
export function connect(
  url: string,
  { eager = [], ...options }: ClientOptions & { eager?: string[] } = {},
): Promise<Client> {
  const webSocket = new WebSocket(url.replace(/^http/, "ws"), { rejectUnauthorized: false, ...options });
  const frames: string[] = [];
  const waiting: ((frame: string) => void)[] = [];
  webSocket.on("message", (data) => {
    const take = waiting.shift();
    if (take === undefined) frames.push(String(data));
    else take(String(data));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const next = () => {
    const frame = frames.shift();
    return frame === undefined
      ? new Promise<string>((resolve) => waiting.push(resolve))
      : Promise.resolve(frame);
  };
  return new Promise((resolve, reject) => {
    webSocket.on("unexpected-response", (request, response) => {
      request.destroy();
      reject(new Error(`refused with ${response.statusCode}`));
    });
    webSocket.on("error", reject);
    webSocket.on("open", () => {
      for (const frame of eager) webSocket.send(frame);
      resolve({ webSocket, next, closed });
    });
  });
}
