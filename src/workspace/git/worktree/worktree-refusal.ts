import { AgentServerError, messageOf } from "../../../errors.ts";

/** A worktree that cannot be made as asked; `detail` names the field and the reason. */
export function refused(detail: string, cause?: unknown): AgentServerError {
  return new AgentServerError("unprocessable", detail, { cause });
}

/** Does a step of making a worktree. A failure of git or of the files becomes one of the field `worktree`. */
export async function asRefusal<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "unprocessable") throw error;
    throw refused(`worktree: ${withoutCredentials(messageOf(error))}`, error);
  }
}

/** A text of git without the user names and passwords of its URLs. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/[^/\s]+@/g, "://");
}
