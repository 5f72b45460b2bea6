/** An extension that was brought and cannot be installed. */
export class InstallError extends Error {
  override readonly name = "InstallError";
  /** It is already installed, or it is not valid. Branch on this. */
  readonly code: "installed" | "invalid";

  constructor(code: "installed" | "invalid", message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
