/** A multipart body with one file. The file is written to disk as it arrives; it is never whole in memory. */
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

/** A file that a request brought. */
export interface Upload {
  /**
   * Absolute path of a temporary file that only the user of this process can read. The file is deleted once the handler
   * has settled, unless the handler has moved it.
   */
  readonly path: string;
  /** The name the client gave, without any folders; empty without one. */
  readonly name: string;
  /** The media type the client gave, such as `image/png`. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** The text fields of the form; the last of several with one name counts. */
  readonly fields: Readonly<Record<string, string>>;
}

/** An upload on disk, until it is discarded. */
export interface ReceivedUpload extends Upload {
  /** Deletes the temporary file and its folder. */
  discard(): Promise<void>;
}

/**
 * Writes the file of a multipart body to disk. Rejects with `payload_too_large` past a limit, with `unprocessable` when the
 * body has no such file, and with `bad_request` when it is malformed. Nothing stays on disk when it rejects, and the rest
 * of the body is left unread: cancelling it would cut the connection that has to carry the refusal.
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
