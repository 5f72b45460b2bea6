import type {
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from "@agentclientprotocol/sdk";
import { callError, INTERRUPTED, rejection } from "../agent/loop/call-results.ts";
import type { ConfirmationVerdict } from "../agent/loop/confirmation/confirmation.ts";
import type { ProposedCall } from "../agent/loop/extension.ts";
import type { RunOptions } from "../agent/loop/run.ts";
import type { AgentSession } from "../agent/loop/session.ts";
import { mustWait } from "../agent/loop/step.ts";
import { storeCalls } from "../agent/loop/store-calls.ts";
import { asObject } from "../is-object.ts";
import { DeepMask } from "../secrets/masking/deep-mask.ts";
import type { ToolSecrets } from "../tools/tool.ts";
import type { ActionEvent } from "../wire/events/events.ts";
import { text } from "../wire/events/message.ts";
import { bounded, clipped } from "./turn/bounded.ts";

const CANCELLED: RequestPermissionResponse = { outcome: { outcome: "cancelled" } };

/** Answers an open question that a program of an earlier run has asked. */
export const ASKED_BEFORE =
  "The agent's program has ended since it asked for this, so the answer reaches nobody. It asks again if it still needs to.";

const MAX_TITLE = 2_000;

export interface PermissionsParts extends Pick<RunOptions, "signal" | "extensions"> {
  session: AgentSession;
  secrets: ToolSecrets;
  /** Called when the user is asked, and when there is an answer: until then the program has to be silent. */
  onWaiting(isWaiting: boolean): void;
}

/** Whether a conversation wants to be asked before its agent does something. */
export function isGuarded({
  session,
  extensions,
}: Pick<PermissionsParts, "session" | "extensions">): boolean {
  return session.state.confirmation_policy.kind !== "NeverConfirm" || extensions.calls.isNeeded;
}

/**
 * The permissions that a program asks for during one run. Where the conversation has neither a policy that asks nor
 * guards, they are given. Else each is a call in the log: guards judge it, an analyzer rates it, and the user confirms
 * it if the policy says so. One at a time.
 */
export class Permissions {
  readonly #parts: PermissionsParts;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(parts: PermissionsParts) {
    this.#parts = parts;
  }

  ask(request: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    const answer = this.#tail.then(() => this.#answer(request));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  async #answer({ options, toolCall }: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    const { session, signal } = this.#parts;
    if (signal.aborted) return CANCELLED;
    if (!isGuarded(this.#parts)) return selected(optionOf(options, "allow") ?? options[0]);
    const action = await this.#store(toolCall);
    const { [action.id]: refusal } = session.state.blocked_actions;
    if (refusal !== undefined) {
      await session.update({ blocked_actions: {} }, [rejection(action, refusal, "hook")]);
      return selected(optionOf(options, "reject"));
    }
    const verdict = (await mustWait(session, { signal })) ? await this.#wait() : "approved";
    if (verdict === "rejected") return selected(optionOf(options, "reject"));
    if (verdict === undefined) {
      // Before the program says more: a call is answered before anything that follows it.
      await session.update({}, [callError(action, INTERRUPTED)]);
      return CANCELLED;
    }
    const allowed = optionOf(options, "allow");
    await session.update({}, [
      allowed === undefined ? callError(action, "Nothing may be allowed.") : granted(action, allowed),
    ]);
    return selected(allowed);
  }

  /** Puts the question into the log, as a call of a tool, with what guards say about it. */
  async #store(toolCall: RequestPermissionRequest["toolCall"]): Promise<ActionEvent> {
    const { session } = this.#parts;
    const call = await this.#callOf(toolCall);
    await storeCalls([call], this.#parts);
    const stored = session.view.pending().find(({ id }) => id === call.id);
    if (stored === undefined) throw new Error("A question for permission is not in the log");
    return stored;
  }

  async #callOf(toolCall: RequestPermissionRequest["toolCall"]): Promise<ProposedCall> {
    const { session, secrets } = this.#parts;
    const { toolCallId, title, kind, rawInput, content, locations } = toolCall;
    const asked = bounded({ title, kind, ...asObject(rawInput), content, locations });
    const data = asObject(await new DeepMask(await secrets.mask()).value(asked));
    const name = typeof kind === "string" ? kind : "other";
    const id = String(toolCallId);
    const toolCall_id = session.view.hasCall(id) ? `${id}-${session.newId()}` : id;
    return {
      kind: "ActionEvent",
      id: session.newId(),
      source: "agent",
      thought: [],
      action: { kind: "MCPToolAction", data },
      tool_name: name,
      tool_call_id: toolCall_id,
      tool_call: { id: toolCall_id, name, arguments: JSON.stringify(data), origin: "completion" },
      llm_response_id: session.newId(),
      summary: clipped(String(data.title ?? name), MAX_TITLE),
    };
  }

  /**
   * Waits for the user; undefined when the run is interrupted meanwhile. The run goes on in the moment of the answer.
   */
  async #wait(): Promise<ConfirmationVerdict | undefined> {
    const { session, signal, onWaiting } = this.#parts;
    const { confirmation } = session;
    const { promise, resolve } = Promise.withResolvers<ConfirmationVerdict | undefined>();
    const stop = () => resolve(undefined);
    signal.addEventListener("abort", stop);
    confirmation.reset();
    const forget = confirmation.whenAnswered((verdict) => {
      if (verdict === "approved") void session.update({ execution_status: "running" });
      resolve(verdict);
    });
    onWaiting(true);
    try {
      await session.update({ execution_status: "waiting_for_confirmation" });
      const verdict = signal.aborted ? undefined : await promise;
      if (verdict === "rejected" && session.state.execution_status === "idle")
        await session.update({ execution_status: "running" });
      return verdict;
    } finally {
      onWaiting(false);
      forget();
      signal.removeEventListener("abort", stop);
    }
  }
}

function granted(action: ActionEvent, { name }: PermissionOption) {
  return {
    kind: "ObservationEvent" as const,
    source: "environment" as const,
    observation: {
      kind: "MCPToolObservation",
      content: [text(`Allowed: ${String(name).slice(0, MAX_TITLE)}`)],
      is_error: false,
      tool_name: action.tool_name,
    },
    action_id: action.id,
    tool_name: action.tool_name,
    tool_call_id: action.tool_call_id,
  };
}

/** The option that says yes or no for this once, or else for always. */
function optionOf(
  options: readonly PermissionOption[],
  word: "allow" | "reject",
): PermissionOption | undefined {
  return (
    options.find(({ kind }) => kind === `${word}_once`) ??
    options.find(({ kind }) => kind === `${word}_always`)
  );
}

function selected(option: PermissionOption | undefined): RequestPermissionResponse {
  return option === undefined ? CANCELLED : { outcome: { outcome: "selected", optionId: option.optionId } };
}
