/** A multipart body with one file. The handler gets it while it arrives; it is never whole in memory. */
export interface UploadSpec extends UploadLimits {
  /** Name of the form field that holds the file. */
  readonly upload: string;
}

/** Bounds of a multipart body. Past any of them the request is answered with 413. */
export interface UploadLimits {
  /** Bytes of one file. Default: 1 GiB. */
  readonly maxFileBytes: number;
  /** Number of text fields. Default: 16. */
  readonly maxFields: number;
  /** Bytes of one text field. Default: 64 KiB. */
  readonly maxFieldBytes: number;
  /** Number of parts: text fields, the file, and files in other fields, which are dropped. Default: 32. */
  readonly maxParts: number;
}

/** A file that a request brings, while it arrives. */
export interface Upload {
  /** The name the client gave, without any folders; empty without one. */
  readonly name: string;
  /** The media type the client gave, such as `image/png`. */
  readonly type: string;
  /** The text fields that stood before the file; the last of several with one name counts. */
  readonly fields: Readonly<Record<string, string>>;
  /**
   * The bytes, to be read once. Reading ends only if the whole form was well formed and kept its limits; otherwise it
   * throws, so that a reader who puts the bytes in place at the end puts none that are wrong.
   */
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes of the content that have arrived. */
  readonly size: number;
}

/** An upload that is being received. */
export interface ReceivedUpload extends Upload {
  /** Stops the reception. Reading the content throws from then on. */
  leave(): void;
}

/**
 * Receives a multipart body up to the beginning of its file; the rest arrives as the content is read. Rejects with
 * `payload_too_large` past a limit, with `unprocessable` when the body has no such file, and with `bad_request` when it
 * is malformed; so does reading the content. The rest of a refused body is left unread: cancelling it would cut the
 * connection that has to carry the refusal.
 */
export type ReceiveUpload = (request: Request, spec: UploadSpec) => Promise<ReceivedUpload>;

const MIB = 1024 * 1024;
const DEFAULT_LIMITS: UploadLimits = {
  maxFileBytes: 1024 * MIB,
  maxFields: 16,
  maxFieldBytes: 64 * 1024,
  maxParts: 32,
};

/** Declares a multipart body whose file is in the form field `field`. The handler gets an `Upload`. */
export function upload(field: string, limits: Partial<UploadLimits> = {}): UploadSpec {
  return { ...DEFAULT_LIMITS, ...limits, upload: field };
}

/** True for the body of a route that is an upload and not a schema. */
export function isUpload(body: object | undefined): body is UploadSpec {
  return body !== undefined && "upload" in body;
}
