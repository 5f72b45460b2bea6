import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { once } from "../../once.ts";
import { readBounded } from "../../read-bounded.ts";
import { LONGEST_TIMER } from "../../waiting.ts";
import type { Critic as CriticConfig } from "../../wire/agent/critics.ts";
import type { CriticResult } from "../../wire/events/events.ts";
import type { Critic, Work } from "./critic.ts";
import { type Feature, type Features, toFeatures } from "./features.ts";
import { pythonJson, qwenText } from "./qwen-text.ts";

/** Bytes of an answer. One has a number for each label. */
const MAX_ANSWER = 1024 * 1024;
/** Milliseconds before the attempts after the first. */
const WAITS = [1_000, 2_000];

/** Sends a request to an address that a user has configured. */
export type CriticFetch = (
  url: URL,
  request: {
    method: string;
    headers: Record<string, string>;
    body: string;
    signal: AbortSignal;
    redirect: "manual";
  },
) => Promise<Response>;

export interface ApiCriticDeps {
  fetch: CriticFetch;
  /** Waits between attempts. Default: a timer. */
  wait?(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

type ApiConfig = Extract<CriticConfig, { kind: "APIBasedCritic" }>;

/** Asks a classifier over HTTP. */
export class ApiCritic implements Critic {
  readonly #config: ApiConfig;
  readonly #deps: ApiCriticDeps;

  constructor(config: ApiConfig, deps: ApiCriticDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  async rate({ messages, eventIds, tools, signal }: Work): Promise<CriticResult> {
    if (messages[0]?.role !== "system") throw new Error("The critic needs the system prompt");
    if (tools.length === 0) throw new Error("The critic needs an agent with tools");
    const input = qwenText(messages, this.#config.pass_tools_definitions ? tools : []);
    const probabilities = this.#read(await this.#classify(input, signal));
    const success = probabilities.get("success");
    if (success === undefined) throw new Error("The critic's labels have no 'success'");
    if (!(success >= 0 && success <= 1))
      throw new Error(`The critic's score ${success} is not between 0 and 1`);
    const sorted = [...probabilities].sort(([, one], [, other]) => other - one);
    return {
      score: success,
      message: `Success: ${success.toFixed(2)}; ${pythonJson(Object.fromEntries(sorted))}`,
      metadata: { event_ids: [...eventIds], categorized_features: toFeatures(probabilities) },
    };
  }

  findsFault({ metadata }: CriticResult): boolean {
    const { issue_threshold: threshold } = this.#config;
    return featuresIn(metadata).agent_behavioral_issues.some(({ probability }) => probability >= threshold);
  }

  describe({ metadata }: CriticResult): string[] {
    const found = featuresIn(metadata);
    return [
      line("What may be wrong with the work", found.agent_behavioral_issues),
      line("What the user may ask for next", found.user_followup_patterns),
      line("Trouble with the environment", found.infrastructure_issues),
      line("Further observations", found.other),
    ].flat();
  }

  /** Asks again when the service fails, as it does while it loads its model. */
  async #classify(input: string, signal: AbortSignal): Promise<unknown> {
    const { wait = timer } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#post(input, signal);
      const text = String(await readBounded(response.body, MAX_ANSWER));
      if (response.ok) return JSON.parse(text);
      const pause = response.status === 500 ? WAITS[attempt] : undefined;
      if (pause === undefined) throw new Error(`The critic's service answers ${response.status}`);
      await wait(pause, signal);
    }
  }

  async #post(input: string, signal: AbortSignal): Promise<Response> {
    const { server_url: url, api_key: key, model_name: model, timeout_seconds: seconds } = this.#config;
    if (!key?.trim() || /^\*+$/.test(key))
      throw new Error("The critic's api_key is missing, or was not kept");
    const deadline = AbortSignal.timeout(Math.max(0, Math.min(seconds * 1_000, LONGEST_TIMER)));
    return this.#deps.fetch(new URL(`${url}/classify`), {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, input }),
      signal: AbortSignal.any([signal, deadline]),
      redirect: "manual",
    });
  }

  /** Pairs the numbers of an answer with the labels. */
  #read(answer: unknown): ReadonlyMap<string, number> {
    const [item] = answerSchema().parse(answer).data;
    if (item === undefined || item.probs.length === 0) throw new Error("The critic's answer is empty");
    const { probs, num_classes: count } = item;
    const labels = this.#labels;
    if ((count ?? probs.length) !== probs.length || probs.length !== labels.length) {
      throw new Error(`The critic's answer has ${probs.length} numbers for ${labels.length} labels`);
    }
    return new Map(labels.map((label, index) => [label, probs[index] ?? 0]));
  }

  get #labels(): readonly string[] {
    const config = this.#config;
    return [
      ...(config.has_success_label ? ["success"] : []),
      ...config.sentiment_labels,
      ...config.agent_issue_labels,
      ...config.infra_labels,
      ...config.user_followup_labels,
    ];
  }
}

const answerSchema = once(() =>
  z.object({
    data: z.array(z.object({ probs: z.array(z.number()), num_classes: z.number().nullish() })).default([]),
  }),
);

function timer(milliseconds: number, signal: AbortSignal): Promise<unknown> {
  return setTimeout(milliseconds, undefined, { signal });
}

/** The metadata of a result that this critic has made. */
function featuresIn(metadata: CriticResult["metadata"]): Features {
  return (metadata as { categorized_features: Features }).categorized_features;
}

function line(title: string, features: readonly Feature[]): string[] {
  if (features.length === 0) return [];
  const items = features.map(
    ({ display_name: name, probability }) => `${name} (${Math.round(probability * 100)}%)`,
  );
  return [`${title}: ${items.join(", ")}`];
}
