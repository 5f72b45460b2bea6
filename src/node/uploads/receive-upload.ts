import type { Writable } from "node:stream";
import type { BusboyFileStream, BusboyInstance } from "@fastify/busboy";
import { AgentServerError } from "../../errors.ts";
import type { ReceivedUpload, ReceiveUpload, UploadSpec } from "../../http/content/upload.ts";
import { bodyMalformed, bodyTooLarge, missingFromBody, UNREAD } from "../../http/route/body-errors.ts";
import { NodeRequest } from "../node-request.ts";
import { Failure } from "./failure.ts";
import { freeBuffers } from "./free-buffers.ts";

const MULTIPART = /^multipart\/form-data\s*;/i;
/** Bytes of the headers of one part. */
const MAX_PART_HEADER_BYTES = 8 * 1024;

/** Receives uploads from the bodies of Fetch requests. */
export const receiveUpload: ReceiveUpload = async (request, spec) => {
  const type = request.headers.get("content-type") ?? "";
  if (!MULTIPART.test(type)) throw noFile(spec, UNREAD);
  const parser = await createParser(type, spec);
  const chunks = chunksOf(request);
  if (chunks === null) throw noFile(spec, UNREAD);
  return new Reception(parser, spec).begin(chunks);
};

/** The chunks of a body, one at a time. */
interface Chunks {
  next(): Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>;
}

/** null without a body. */
function chunksOf(request: Request): Chunks | null {
  const incoming = NodeRequest.unreadBody(request);
  // What is left unread must not cut the connection that carries the answer.
  if (incoming !== null) return incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  const reader = request.body?.getReader();
  return reader === undefined ? null : { next: () => reader.read() };
}

/** The parser is loaded with the first upload: most servers see none. */
async function createParser(type: string, { maxFileBytes, maxFields, maxFieldBytes, maxParts }: UploadSpec) {
  const { Busboy } = await import("@fastify/busboy");
  try {
    return new Busboy({
      headers: { "content-type": type },
      limits: {
        fileSize: maxFileBytes,
        fields: maxFields,
        fieldSize: maxFieldBytes,
        parts: maxParts,
        headerSize: MAX_PART_HEADER_BYTES,
      },
    });
  } catch {
    throw bodyMalformed(UNREAD);
  }
}

interface IncomingFile {
  stream: BusboyFileStream;
  name: string;
  type: string;
}

/** One multipart body on its way in. */
class Reception {
  readonly #parser: BusboyInstance;
  readonly #spec: UploadSpec;
  readonly #failure = new Failure();
  readonly #fields: Record<string, string> = Object.create(null);
  readonly #found = Promise.withResolvers<IncomingFile>();
  #file: IncomingFile | undefined;

  constructor(parser: BusboyInstance, spec: UploadSpec) {
    this.#parser = parser;
    this.#spec = spec;
  }

  /** Resolves at the beginning of the file. */
  async begin(chunks: Chunks): Promise<ReceivedUpload> {
    this.#listen();
    const whole = this.#feed(chunks);
    whole.then(
      () => this.#found.reject(noFile(this.#spec)),
      (error: unknown) => this.#end(error),
    );
    const { stream, name, type } = await this.#found.promise;
    return {
      name,
      type,
      fields: this.#fields,
      content: contentOf(stream, whole),
      get size() {
        return stream.bytesRead;
      },
      leave: () => this.#failure.set(new Error("The upload was left")),
    };
  }

  #end(error: unknown): void {
    this.#found.reject(error);
    this.#file?.stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  #listen(): void {
    const { maxFields, maxFieldBytes, maxParts } = this.#spec;
    const refuse = (detail: string) => this.#failure.set(bodyTooLarge(detail));
    this.#parser
      .on("file", (field, stream, name, _encoding, type) => this.#take(field, stream, { name, type }))
      .on("field", (name, value, _nameTruncated, truncated) => {
        if (truncated) refuse(`A field of the form may have at most ${maxFieldBytes} bytes`);
        this.#fields[name] = value;
      })
      .on("fieldsLimit", () => refuse(`The form may have at most ${maxFields} fields`))
      .on("partsLimit", () => refuse(`The form may have at most ${maxParts} parts`))
      .on("error", () => this.#failure.set(bodyMalformed(UNREAD)));
  }

  /** Takes the first file of the declared field. Others are read past, as the reference does. */
  #take(field: string, stream: BusboyFileStream, { name, type }: { name?: string; type: string }): void {
    const { maxFileBytes, upload } = this.#spec;
    stream.on("limit", () =>
      this.#failure.set(bodyTooLarge(`The file may have at most ${maxFileBytes} bytes`)),
    );
    if (field !== upload || this.#file !== undefined) {
      stream.on("error", () => {}).resume();
      return;
    }
    stream.on("error", () => this.#failure.set(bodyMalformed(UNREAD)));
    this.#file = { stream, name: name ?? "", type };
    this.#found.resolve(this.#file);
  }

  /** One chunk at a time: the next is read when the reader of the file has taken the one before. */
  async #feed(chunks: Chunks): Promise<void> {
    const passed = await freeBuffers();
    for (;;) {
      const { done, value } = await this.#failure.orResult(chunks.next());
      if (done || value === undefined) break;
      await this.#failure.orResult(written(this.#parser, value));
      passed(value.length);
    }
    const finished = new Promise((resolve) => this.#parser.once("finish", resolve));
    this.#parser.end();
    await this.#failure.orResult(finished);
  }
}

async function* contentOf(stream: BusboyFileStream, whole: Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    // Rejects with the reason that the parser gave, if it gave one.
    await whole;
    throw error;
  }
  await whole;
}

function written(parser: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function noFile({ upload }: UploadSpec, headers: Record<string, string> = {}): AgentServerError {
  return new AgentServerError("unprocessable", [missingFromBody(upload)], { headers });
}
