/** The reason why an extension cannot be installed. */
type InstallErrorCode = "installed" | "invalid" | "absent";

/** An extension that was brought and cannot be installed. */
export class InstallError extends Error {
  override readonly name = "InstallError";
  /** It is already installed, it is not valid, or there is none at the place. Branch on this. */
  readonly code: InstallErrorCode;

  constructor(code: InstallErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
