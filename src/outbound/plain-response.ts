/** A body that is read once. Ending the loop early, and `cancel`, end the connection. */
export interface ByteBody extends AsyncIterable<Uint8Array> {
  cancel(): Promise<void>;
}

/** The parts of a `plainResponse`. */
export interface PlainParts {
  status: number;
  statusText: string;
  headers: Headers;
  /** The address of the request. */
  url: string;
  body: ByteBody;
}

/**
 * Makes a `Response` as far as provider SDKs and this server use one: status, headers, and a body that is iterated,
 * cancelled, or read as text or JSON. A real one needs a web stream, which costs more than all the rest of a short
 * answer, and accepts statuses from 200 to 599 only.
 */
export function plainResponse(parts: PlainParts): Response {
  return new PlainResponse(parts) as unknown as Response;
}

type Plain = Pick<Response, "status" | "statusText" | "ok" | "headers" | "url" | "type" | "text" | "json">;

class PlainResponse implements Plain {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly type = "default";
  readonly redirected = false;
  readonly body: ByteBody;

  constructor({ status, statusText, headers, url, body }: PlainParts) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.url = url;
    this.body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  async text(): Promise<string> {
    return readText(this.body);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

/** Reads a body whole, as UTF-8. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
