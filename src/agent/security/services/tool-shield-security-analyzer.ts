import { messageOf } from "../../../errors.ts";
import { untilAborted } from "../../../waiting.ts";
import type { LlmConfig } from "../../../wire/agent/llm-config.ts";
import { type SecurityAnalyzer, securityAnalyzer } from "../../../wire/agent/policies.ts";
import type { ActionEvent, Event } from "../../../wire/events/events.ts";
import { textOf } from "../../../wire/events/message.ts";
import type { ViewEvent } from "../../view/view-event.ts";
import { type AnalyzerHost, Unrated } from "../analyzer-host.ts";
import type { Analyzer } from "../risk.ts";
import { guardrailPrompt } from "./guardrail-prompt.ts";
import { verdictIn } from "./guardrail-verdict.ts";

/** Milliseconds for one verdict, with all attempts of the call. */
const TIMEOUT = 120_000;
/** The account of guardrails whose configuration names none: their cost is not the agent's. */
const USAGE_ID = "security-analyzer";
/** Events that are looked through for former actions in addition to the prompt. */
const RECENT = 100;

/** The fields as the wire checks them. */
interface Config {
  llm: LlmConfig;
  history_window: number;
  safety_experiences: string;
}

/**
 * Asks another model than the agent's about each action and those before it, also those that a condensation has taken
 * out of the prompt. An answer without a plain verdict rates nothing, and neither does a call that fails.
 */
export function toolShieldSecurityAnalyzer(
  analyzer: SecurityAnalyzer,
  host: AnalyzerHost,
  timeout = TIMEOUT,
): Analyzer {
  const {
    llm: config,
    history_window: window,
    safety_experiences: experiences,
  } = securityAnalyzer.parse(analyzer) as unknown as Config;
  const usage_id = config.usage_id === "default" ? USAGE_ID : config.usage_id;
  return async (action) => {
    const deadline = AbortSignal.timeout(timeout);
    const signal = AbortSignal.any([host.signal, deadline]);
    try {
      const messages = await host.hide(
        guardrailPrompt(action, formerActions(action, host, window), experiences),
      );
      const llm = host.createLlm({ ...config, usage_id, stream: false });
      const call = (async () => llm.complete({ messages, tools: [], signal }))();
      const { message } = await untilAborted(call, signal);
      const verdict = verdictIn(textOf(message.content, "\n"));
      if (verdict === undefined) throw new Error("its answer is no plain verdict");
      return verdict;
    } catch (error) {
      host.signal.throwIfAborted();
      const why = deadline.aborted ? `no answer within ${timeout / 1000} seconds` : messageOf(error);
      throw new Unrated(`The guardrail ${config.model}: ${why}`, { cause: error });
    }
  };
}

/** The last actions before one, oldest first. */
function formerActions({ id }: ActionEvent, { view }: AnalyzerHost, window: number): ActionEvent[] {
  const recent = view.recent(RECENT);
  const known = new Set(recent.map((event) => event.id));
  const all: (Event | ViewEvent)[] = [...view.events.filter((event) => !known.has(event.id)), ...recent];
  const place = all.findIndex((event) => event.id === id);
  return (place < 0 ? all : all.slice(0, place))
    .filter((event): event is ActionEvent => event.kind === "ActionEvent")
    .slice(-window);
}
