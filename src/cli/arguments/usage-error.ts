/** The command was called in a way that it does not know. The process ends with exit code 2, as the reference does. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** `message` names the fault and what was expected; `command` is the one whose help knows more. */
  constructor(message: string, command?: string) {
    super(`${message}\nTry agent-server ${command === undefined ? "" : `${command} `}--help.`);
  }
}
