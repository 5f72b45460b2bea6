import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { gunzipSync, unzipSync } from "fflate";
import { unpackTar } from "modern-tar";

export interface Request {
  method: string;
  /** `~` is the conversation. */
  path: string;
  /** Text and bytes go out as they are, everything else as JSON. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
}

export interface Exchange {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** `node:http`, because `fetch` sends no body with GET and one route wants it. */
export function exchange(url: string, { method, path, body, headers: more }: Request): Promise<Exchange> {
  const isWhole = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const payload = isWhole ? body : JSON.stringify(body);
  const about =
    payload === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
  return new Promise((done, fail) => {
    const headers = { ...about, ...more };
    const asked = httpRequest(url + path, { method, headers, agent: false }, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      done({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes: Buffer.concat(parts),
      });
    });
    asked.on("error", fail);
    asked.end(payload);
  });
}

export function jsonOrText(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const TOLD = [
  "content-type",
  "content-length",
  "content-range",
  "accept-ranges",
  "content-disposition",
  "last-modified",
  "x-archive-repo-root",
  "x-archive-repo-remote",
  "x-archive-branch",
  "x-archive-head-commit",
  "x-archive-base-commit",
  "x-archive-base-ref",
  "set-cookie",
];

/** What is compared of an answer: headers that clients read, of tags only that there is one, and an unpacked body. */
export async function told({ status, headers, bytes }: Exchange): Promise<object> {
  const type = headers["content-type"] ?? "";
  const isJson = type.includes("json");
  const shown = TOLD.filter((name) => headers[name] !== undefined && !(isJson && name === "content-length"));
  return {
    status,
    headers: {
      ...Object.fromEntries(shown.map((name) => [name, headers[name]])),
      ...(isRecent(headers["last-modified"]) ? { "last-modified": "<now>" } : {}),
      ...(headers.etag === undefined ? {} : { etag: "<a tag>" }),
    },
    body: await unpacked(type, headers["content-disposition"] ?? "", bytes),
  };
}

async function unpacked(type: string, disposition: string, bytes: Buffer): Promise<unknown> {
  if (/\.zip"?$/.test(disposition)) return withoutPlaces(contents(Object.entries(unzipSync(bytes))));
  if (type === "application/gzip") {
    const entries = await unpackTar(gunzipSync(bytes));
    return contents(
      entries.map(({ header, data }) => [`${header.name} ${header.type} ${header.mode?.toString(8)}`, data]),
    );
  }
  if (type.includes("json")) return jsonOrText(bytes);
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : `base64 ${bytes.toString("base64")}`;
}

/** In the order of their names: that of a package means nothing. */
function contents(entries: [string, Uint8Array | undefined][]): Record<string, unknown> {
  const sorted = entries.toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, data]) => [name, jsonOrText(Buffer.from(data ?? []))]));
}

/**
 * Files of events without their places: figures are told at other moments, and are left out of a log elsewhere, too.
 */
function withoutPlaces(files: Record<string, unknown>): Record<string, unknown> {
  const named = Object.entries(files).map(([name, content]) => [
    name.replace(/(\/events\/event-)\d{5}-/, "$1"),
    content,
  ]);
  return Object.fromEntries(named.filter(([, content]) => (content as { key?: string }).key !== "stats"));
}

/** What a server has written itself has the time of its turn. */
function isRecent(date: string | undefined): boolean {
  return date !== undefined && Date.now() - Date.parse(date) < 60_000;
}
