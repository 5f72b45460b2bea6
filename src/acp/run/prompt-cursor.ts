import type { AgentSession } from "../../agent/loop/session.ts";
import type { MessageEvent } from "../../wire/events/events.ts";
import { type AcpState, readAcpState, withAcpState } from "../agent-state.ts";
import { promptAfter, promptsIn } from "./prompts.ts";

type Changes = Parameters<typeof withAcpState>[1];

/** The place of a program in the messages of its conversation, kept in the state of the agent. */
export class PromptCursor {
  readonly #session: AgentSession;

  constructor(session: AgentSession) {
    this.#session = session;
  }

  /** The message that the program is sent next; undefined when it has been sent all. */
  get next(): MessageEvent | undefined {
    return promptAfter(promptsIn(this.#session.view), this.#state.acp_last_prompt_user_message_id);
  }

  /** Id of the message that the program has been sent and has not answered. */
  get inflight(): string | undefined {
    return this.#state.acp_inflight_prompt_user_message_id;
  }

  /** The state of the agent with other values. */
  with(changes: Changes): Record<string, unknown> {
    return withAcpState(this.#session.state.agent_state, changes);
  }

  /** The state while the program works on a message. */
  sent({ id }: MessageEvent): Record<string, unknown> {
    return this.with({ acp_inflight_prompt_user_message_id: id });
  }

  /** The state once a message needs not be sent again. */
  past({ id }: Pick<MessageEvent, "id">): Record<string, unknown> {
    return this.with({
      acp_inflight_prompt_user_message_id: undefined,
      acp_last_prompt_user_message_id: id,
    });
  }

  /** The state once a message has been given up for now: the next run sends it again. */
  givenUp(): Record<string, unknown> {
    return this.with({ acp_inflight_prompt_user_message_id: undefined });
  }

  /** The changes when a run begins: one that has ended well has answered the message that was sent last. */
  settled(): { agent_state?: Record<string, unknown> } {
    const { execution_status: status } = this.#session.state;
    const { inflight } = this;
    if (inflight === undefined || (status !== "finished" && status !== "idle")) return {};
    return { agent_state: this.past({ id: inflight }) };
  }

  get #state(): AcpState {
    return readAcpState(this.#session.state.agent_state);
  }
}
