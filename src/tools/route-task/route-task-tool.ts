import { z } from "zod";
import { AgentServerError, messageOf } from "../../errors.ts";
import { type LlmConfig, llmConfig } from "../../wire/agent/llm-config.ts";
import type { MessageEvent } from "../../wire/events/events.ts";
import { nullable } from "../../wire/nullable.ts";
import { type MetaProfile, metaProfile } from "../../wire/settings/meta-profile.ts";
import { askModel } from "../ask-model.ts";
import { builtInTool, type ToolResult } from "../define-tool.ts";
import type { Tool } from "../tool.ts";
import { AGENT_MODEL, type ProfiledModel, type ToolModels } from "../tool-models.ts";
import { type Choice, choiceIn, classifierPrompt, transcriptOf } from "./classifier.ts";

/** Name of the tool in the `tools` of an agent. The model sees another one. */
export const ROUTE_TASK = "ClassifyAndSwitchLLMTool";

/** Milliseconds. */
const TIMEOUT = 120_000;
/** Characters of a useless answer that an error repeats. */
const MAX_SHOWN = 200;

const description = `Sorts the present task by the rules of this server, and gives this conversation the language model that they \
have for such tasks.

Call it once when a task begins, and again when the task becomes another one. A small model reads the last messages and decides; \
the chosen model takes over with your next step.`;

const parameters = z.strictObject({
  active_meta_profile: nullable(z.string()).describe("Name of the rules among the saved meta-profiles"),
  meta_profile: nullable(metaProfile).describe("The rules to use where none of that name are saved"),
  meta_profile_llms: z
    .record(z.string(), llmConfig)
    .default({})
    .describe("Models by the names of their profiles"),
});

/** The rules of an agent and the models that it was given with them. */
type Parameters = z.output<typeof parameters>;

export interface RouteTaskOptions {
  /** Milliseconds that a call waits for the classifier. Default: 2 minutes. */
  timeout?: number;
}

/** Makes the tool by which an agent gets the model that suits its task, as a meta-profile has it. */
export function routeTaskTool({ timeout = TIMEOUT }: RouteTaskOptions = {}): Tool {
  return builtInTool({
    name: "route_task_to_model",
    description,
    input: z.object({}),
    params: parameters,
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
    },
    wire: {
      tool: ROUTE_TASK,
      action: "ClassifyAndSwitchLLMAction",
      observation: "ClassifyAndSwitchLLMObservation",
    },
    resources: () => [AGENT_MODEL],
    open: ({ params }) => parameters.parse(params),
    async run(_input, { models, messages, signal, state }) {
      try {
        const routing = { models, given: state, signal, timeout };
        return await route(routing, messages());
      } catch (error) {
        signal.throwIfAborted();
        return failed(`The model stays as it is: ${messageOf(error)}`);
      }
    },
  });
}

interface Routing {
  models: ToolModels;
  given: Parameters;
  signal: AbortSignal;
  timeout: number;
}

async function route(routing: Routing, messages: readonly MessageEvent[]): Promise<ToolResult> {
  const { models, given } = routing;
  const rules = await rulesOf(routing);
  const answer = await classify(routing, rules, transcriptOf(messages));
  const saved = rules.prompt_template === null ? [] : await models.list();
  const inline = Object.keys(given.meta_profile_llms);
  const choice = choiceIn(answer, rules, [...new Set([...saved, ...inline])].sort());
  if (choice === undefined) {
    const shown = JSON.stringify(answer.slice(0, MAX_SHOWN));
    const asked = rules.prompt_template === null ? "one of the classes" : "an LLM profile of this server";
    return failed(
      `The model stays as it is: the classifier has named none of what it was to name, ${asked}. It said ${shown}.`,
    );
  }
  return switched(choice, routing);
}

/** Those of the name, else those that the agent was given, else, where it has no name, the first that are saved. */
async function rulesOf({ models, given }: Routing): Promise<MetaProfile> {
  const { active_meta_profile: name, meta_profile: own } = given;
  const saved = name ? await models.rules(name) : null;
  const rules = saved ?? own ?? (name ? null : await models.rules(null));
  if (rules === null)
    throw new Error(name ? `there is no meta-profile '${name}'` : "no meta-profile is saved");
  return rules;
}

async function classify({ models, given, ...patience }: Routing, rules: MetaProfile, transcript: string) {
  const { classifier_model: profile } = rules;
  try {
    const { llm } = await models.open(profiled(profile, given), `classifier:${profile}`);
    return await askModel(llm, classifierPrompt(rules, transcript), patience);
  } catch (error) {
    throw new Error(`the classifier '${profile}' has not answered: ${messageOf(error)}`, { cause: error });
  }
}

async function switched({ profile, chosenClass }: Choice, { models, given }: Routing): Promise<ToolResult> {
  const about = { chosen_class: chosenClass, model: profile };
  try {
    const model = await models.switchTo(profiled(profile, given));
    const content = `The task counts as '${chosenClass}'. From your next step on, the model is ${model} (LLM profile '${profile}').`;
    return { ...about, active_model: model, content };
  } catch (error) {
    const isMissing = AgentServerError.is(error) && error.code === "not_found";
    const why = isMissing ? `there is no LLM profile '${profile}'` : messageOf(error);
    return { ...about, ...failed(`The model stays as it is: ${why}`) };
  }
}

function profiled(profile: string, { meta_profile_llms: llms }: Parameters): ProfiledModel {
  const config: LlmConfig | undefined = Object.hasOwn(llms, profile) ? llms[profile] : undefined;
  return { profile, config };
}

function failed(content: string): ToolResult {
  return { content, is_error: true };
}
