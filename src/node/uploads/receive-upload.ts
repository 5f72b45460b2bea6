import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BusboyFileStream, BusboyInstance } from "@fastify/busboy";
import { AgentServerError } from "../../errors.ts";
import type { ReceiveUpload, Upload, UploadSpec } from "../../http/content/upload.ts";
import { bodyMalformed, bodyTooLarge, missingFromBody, UNREAD } from "../../http/route/body-errors.ts";
import { Failure } from "./failure.ts";
import { makeUploadFolder, sweepUploadFolders } from "./upload-folder.ts";

const MULTIPART = /^multipart\/form-data\s*;/i;
/** Bytes of the headers of one part. */
const MAX_PART_HEADER_BYTES = 8 * 1024;

export interface UploadReceiverOptions {
  /** Folder for the temporary files. Default: the temporary folder of the system. */
  folder?: string;
}

/** Writes each upload to a new private folder. The first upload also deletes folders that killed servers left. */
export function createUploadReceiver({
  folder: parent = tmpdir(),
}: UploadReceiverOptions = {}): ReceiveUpload {
  let swept: Promise<void> | undefined;
  return async (request, spec) => {
    const type = request.headers.get("content-type") ?? "";
    if (!MULTIPART.test(type) || request.body === null) throw noFile(spec, UNREAD);
    swept ??= sweepUploadFolders(parent, Date.now());
    await swept;
    const folder = await makeUploadFolder(parent);
    const discard = () => rm(folder, { recursive: true, force: true });
    try {
      const parser = await createParser(type, spec);
      const reception = new Reception(parser, spec, join(folder, "file"));
      return { ...(await reception.receive(request.body)), discard };
    } catch (error) {
      await discard();
      throw error;
    }
  };
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

/** One multipart body on its way to disk. */
class Reception {
  readonly #parser: BusboyInstance;
  readonly #spec: UploadSpec;
  readonly #path: string;
  readonly #failure = new Failure();
  readonly #stop = new AbortController();
  readonly #fields: Record<string, string> = Object.create(null);
  #file: { stream: BusboyFileStream; name: string; type: string; saved: Promise<void> } | undefined;

  constructor(parser: BusboyInstance, spec: UploadSpec, path: string) {
    this.#parser = parser;
    this.#spec = spec;
    this.#path = path;
  }

  /** Resolves once the file is on disk. Rejects once the file is closed, so that its folder can be deleted. */
  async receive(body: ReadableStream<Uint8Array>): Promise<Upload> {
    this.#listen();
    try {
      await this.#feed(body);
      await this.#failure.orResult(this.#file?.saved ?? Promise.resolve());
    } catch (error) {
      this.#stop.abort();
      await this.#file?.saved.catch(() => {});
      throw error;
    }
    if (this.#file === undefined) throw noFile(this.#spec);
    const { stream, name, type } = this.#file;
    return { path: this.#path, name, type, size: stream.bytesRead, fields: this.#fields };
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

  /** Saves the first file of the declared field. Others are read past, as the reference does. */
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
    const target = createWriteStream(this.#path, { flags: "wx", mode: 0o600 });
    const saved = pipeline(stream, target, { signal: this.#stop.signal });
    saved.catch((error: unknown) => this.#failure.set(error));
    this.#file = { stream, name: name ?? "", type, saved };
  }

  /** One chunk at a time: the next is read when the disk has taken the one before. */
  async #feed(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await this.#failure.orResult(reader.read());
      if (done) break;
      await this.#failure.orResult(written(this.#parser, value));
    }
    const finished = new Promise((resolve) => this.#parser.once("finish", resolve));
    this.#parser.end();
    await this.#failure.orResult(finished);
  }
}

function written(parser: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function noFile({ upload }: UploadSpec, headers: Record<string, string> = {}): AgentServerError {
  return new AgentServerError("unprocessable", [missingFromBody(upload)], { headers });
}
