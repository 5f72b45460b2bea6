import type { PromptResponse, SessionUpdate } from "@agentclientprotocol/sdk";
import { untilAborted } from "../../waiting.ts";
import { Answer } from "../turn/answer.ts";
import type { UpdateSink } from "./acp-client.ts";

/** The words of a program in a session that the conversation does not show. */
export class SideAnswer implements UpdateSink {
  readonly #answer = new Answer();

  push(update: SessionUpdate): void {
    if (update.sessionUpdate !== "agent_message_chunk" || update.content?.type !== "text") return;
    this.#answer.addText(update.content.text);
  }

  async ready(): Promise<void> {}

  /** Resolves with all words once the turn has ended. */
  async of(turn: Promise<PromptResponse>, signal: AbortSignal): Promise<string> {
    await untilAborted(turn, signal);
    return this.#answer.text;
  }
}
