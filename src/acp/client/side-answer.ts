import type { SessionUpdate } from "@agentclientprotocol/sdk";
import { Answer } from "../turn/answer.ts";
import { NO_USE, type ReportedUse, useAfter } from "../turn/reported-use.ts";
import type { UpdateSink } from "./acp-client.ts";

/** The words of a program in a session that the conversation does not show, and what they have used. */
export class SideAnswer implements UpdateSink {
  readonly #answer = new Answer();
  #use = NO_USE;

  /** All words so far. */
  get text(): string {
    return this.#answer.text;
  }

  get use(): ReportedUse {
    return this.#use;
  }

  push(update: SessionUpdate): void {
    if (update.sessionUpdate === "usage_update") this.#use = useAfter(this.#use, update);
    if (update.sessionUpdate !== "agent_message_chunk" || update.content?.type !== "text") return;
    this.#answer.addText(update.content.text);
  }

  async ready(): Promise<void> {}
}
