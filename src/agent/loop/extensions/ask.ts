import { AgentServerError, messageOf } from "../../../errors.ts";
import type { Llm } from "../../../llm/llm.ts";
import { untilAborted } from "../../../waiting.ts";
import type { ExtensionAnswer, LoopContext, LoopExtension } from "../extension.ts";
import type { AgentSession } from "../session.ts";

/** An extension that threw. The name is the `code` of the ConversationErrorEvent. */
export class ExtensionError extends Error {
  override readonly name = "ExtensionError";
}

/** A conversation at one point of its loop. */
export interface Moment {
  session: AgentSession;
  /** Aborted when nothing waits for the extensions any more. */
  signal: AbortSignal;
}

/** Asks one extension at one point. A throw becomes an ExtensionError, an abort rejects with the signal's reason. */
export async function ask<T>(
  extension: LoopExtension,
  { session, signal }: Moment,
  question: (context: LoopContext) => ExtensionAnswer<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  try {
    const answer = (async () => question(contextOf(session, signal)))();
    return await untilAborted(answer, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(extension, error);
  }
}

/** Throws an AgentServerError of an extension as it is, so that the sender of the message gets its status. */
export function throwRefusal(error: unknown): never {
  const cause = error instanceof ExtensionError ? error.cause : undefined;
  throw AgentServerError.is(cause) ? cause : error;
}

function failureOf({ name }: LoopExtension, cause: unknown): ExtensionError {
  return new ExtensionError(`Extension '${name}' failed: ${messageOf(cause)}`, { cause });
}

export function contextOf(session: AgentSession, signal: AbortSignal): LoopContext {
  const { state, view, tools } = session;
  return { state, view, tools, signal, llm: counted(session) };
}

/** The model of the agent with its usage recorded. It is looked up at the call: some conversations have none. */
function counted(session: AgentSession): Llm {
  return {
    get vision() {
      return session.llm.vision;
    },
    async complete(request) {
      const reply = await session.llm.complete(request);
      session.recordReply(reply);
      return reply;
    },
  };
}
