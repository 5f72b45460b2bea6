/** The reason of a `WorkspaceError`. */
export type WorkspaceErrorCode =
  /** There is nothing at the path. */
  | "not_found"
  /** The path is a folder, pipe or device where a regular file is needed. */
  | "not_a_file"
  /** The path, or one above it, is not a folder where one is needed. */
  | "not_a_directory"
  /** The path is relative, too long, holds a zero character or leads through a circle of links. */
  | "invalid_path"
  | "permission_denied"
  /** The file has more bytes than were asked for at most. */
  | "too_large"
  /** The disk or the user's share of it is full. */
  | "no_space"
  /** `close` was called. */
  | "closed"
  /** Another server works on the machine for this conversation. */
  | "ownership_lost"
  /** The machine cannot do it or cannot be reached; `message` says why. */
  | "unavailable";

const BRAND = Symbol.for("agent-server.workspace-error");

/** The one error of the `Workspace` port. Its message is shown to models and users, so it names the path. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
  /** The reason. Branch on this. */
  readonly code: WorkspaceErrorCode;
  readonly [BRAND] = true;

  constructor(code: WorkspaceErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }

  /** True also for errors of another copy of this package, which `instanceof` would miss. */
  static is(value: unknown): value is WorkspaceError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
