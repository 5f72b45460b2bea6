import { AgentServerError, messageOf } from "../../../errors.ts";
import { isObject } from "../../../is-object.ts";
import { readBounded } from "../../../read-bounded.ts";
import { type SecurityAnalyzer, type SecurityRisk, securityAnalyzer } from "../../../wire/agent/policies.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { type AnalyzerHost, Unrated } from "../analyzer-host.ts";
import type { Analyzer } from "../risk.ts";
import { type ChatMessage, chatAround } from "./gray-swan-messages.ts";

/** Bytes of an answer. One is a few numbers. */
const MAX_ANSWER = 1024 * 1024;
/** Seconds of the longest wait, whatever the configuration says: a run stands still meanwhile. */
const MAX_TIMEOUT = 600;
/** The host that the server's own key is for. */
const OWN_HOST = "api.grayswan.ai";

/** The fields as the wire checks them. */
interface Config {
  history_limit: number;
  max_message_chars: number;
  timeout: number;
  low_threshold: number;
  medium_threshold: number;
  api_url: string;
  api_key: string | null;
  policy_id: string;
}

/**
 * Asks GraySwan's Cygnal about each action and what led to it. What it does not answer in time and in its form is not
 * rated. The server's own key goes to GraySwan alone: a configuration with another address has the key for it.
 *
 * @throws AgentServerError `unprocessable` for an address that is no URL over http or https
 */
export function graySwanSecurityAnalyzer(analyzer: SecurityAnalyzer, host: AnalyzerHost): Analyzer {
  const config = securityAnalyzer.parse(analyzer) as unknown as Config;
  const url = addressOf(config.api_url);
  return async (action) => {
    const { apiKey, policyId } = credentials(config, url, host);
    const messages = await host.hide(chatAround(action, before(action, host), options(config)));
    const deadline = AbortSignal.timeout(1000 * Math.max(0, Math.min(config.timeout, MAX_TIMEOUT)));
    const signal = AbortSignal.any([host.signal, deadline]);
    try {
      return riskIn(await ask({ url, apiKey, policyId, messages, signal, host }), config);
    } catch (error) {
      host.signal.throwIfAborted();
      const why = deadline.aborted ? `no answer within ${config.timeout} seconds` : messageOf(error);
      throw new Unrated(`GraySwan: ${why}`, { cause: error });
    }
  };
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new AgentServerError(
    "unprocessable",
    "security_analyzer.api_url: must be a URL that begins with https:// or http://",
  );
}

function credentials({ api_key, policy_id }: Config, url: URL, { graySwan }: AnalyzerHost) {
  const isOwn = url.protocol === "https:" && url.host === OWN_HOST;
  const own = isOwn ? graySwan : {};
  const apiKey = own.apiKey ?? api_key?.trim() ?? "";
  if (apiKey === "" || /^\*+$/.test(apiKey))
    throw new Unrated("GraySwan: there is no api_key, or it was not kept");
  return { apiKey, policyId: own.policyId ?? policy_id };
}

function options({ history_limit: limit, max_message_chars: maxChars }: Config) {
  return { limit, maxChars: Math.max(0, maxChars) };
}

/** The events of the prompt before an action. Later ones of the same reply are left out. */
function before({ id }: ActionEvent, { view: { events } }: AnalyzerHost) {
  const place = events.findIndex((event) => event.id === id);
  return place < 0 ? events : events.slice(0, place);
}

interface Question {
  url: URL;
  apiKey: string;
  policyId: string;
  messages: readonly ChatMessage[];
  signal: AbortSignal;
  host: AnalyzerHost;
}

async function ask({ url, apiKey, policyId, messages, signal, host }: Question): Promise<unknown> {
  const response = await host.fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ messages, policy_id: policyId }),
    signal,
    redirect: "manual",
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`its service answers ${response.status}`);
  }
  const text = String(await readBounded(response.body, MAX_ANSWER));
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("its answer is no JSON");
  }
}

/** An injected instruction that the service has found is HIGH, whatever the score. */
function riskIn(answer: unknown, { low_threshold: low, medium_threshold: medium }: Config): SecurityRisk {
  const { violation: score, ipi } = isObject(answer) ? answer : {};
  if (ipi === true) return "HIGH";
  if (typeof score !== "number" || !(score >= 0)) throw new Error("its answer has no score");
  if (score <= low) return "LOW";
  return score <= medium ? "MEDIUM" : "HIGH";
}
