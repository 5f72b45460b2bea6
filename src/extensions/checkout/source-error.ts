/** The reason why an extension could not be brought from its source. The words are those of the protocol. */
export type SourceErrorCode =
  /** The source names a secret that was not given. */
  | "missing_secret"
  /** The text names nothing that can be fetched, or its parts contradict each other. */
  | "invalid_source"
  /** The source is one that this server does not open, or holds more than it takes. */
  | "source_not_allowed"
  | "auth_failed"
  | "ref_not_found"
  | "repo_path_not_found"
  | "invalid_plugin"
  /** The source cannot be reached, or there is nothing. */
  | "source_unavailable"
  | "timeout";

/** An extension that could not be brought. Its message holds no credentials: it is for users. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  /** The reason. Branch on this. */
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
