import { z } from "zod";
import { AgentServerError, messageOf } from "../../errors.ts";
import { type Message, text } from "../../wire/events/message.ts";
import { askModel } from "../ask-model.ts";
import { builtInTool, type ToolOutput } from "../define-tool.ts";
import type { Tool } from "../tool.ts";
import type { OpenedModel, ToolModels } from "../tool-models.ts";

/** Name of the LLM profile that is the Oracle. */
const PROFILE = "oracle";
/** The account that its use counts under. */
const USAGE_ID = `oracle:${PROFILE}`;
/** Milliseconds: strong models think for minutes. */
const TIMEOUT = 600_000;

const description = `Asks the Oracle, a strong model that you can consult, for a second opinion.

Call it when you are stuck, when several ways look equally good, or before a step that is hard to take back. It knows nothing of \
this conversation and uses no tools: put everything that it needs into \`question\` and \`context\`.

Its advice weighs much. Follow it unless you know something that speaks against it.`;

const INSTRUCTION = `You are the Oracle. An agent that works on a task asks you, as an experienced reviewer, for a second opinion.

Answer its question at once and in words: you have no tools, and the work itself is the agent's. Recommend one way that it can \
follow, say what speaks for it, and name the risks that it should watch.`;

export interface AskOracleOptions {
  /** Milliseconds that a call waits for the answer. Default: 10 minutes. */
  timeout?: number;
}

/** Makes the tool that asks the model of the LLM profile `oracle`. The agent's own model stays. */
export function askOracleTool({ timeout = TIMEOUT }: AskOracleOptions = {}): Tool {
  return builtInTool({
    name: "ask_oracle",
    description,
    input: z.object({
      question: z.string().describe("What you want to know, or the decision that you are to make."),
      context: z
        .string()
        .nullable()
        .default(null)
        .describe("What it should know: what you have tried, what limits you, what you lean towards."),
    }),
    params: z.strictObject({}),
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    },
    wire: { tool: "AskOracleTool", action: "AskOracleAction", observation: "AskOracleObservation" },
    async run(question, { models, signal }) {
      const oracle = await open(models);
      if ("refusal" in oracle) return failed(oracle.refusal);
      try {
        const answer = await askModel(oracle.llm, promptOf(question), { signal, timeout });
        return answer === "" ? failed("The Oracle has answered without words.") : answer;
      } catch (error) {
        signal.throwIfAborted();
        return failed(`The Oracle has not answered: ${messageOf(error)}`);
      }
    },
  });
}

async function open(models: ToolModels): Promise<OpenedModel | { refusal: string }> {
  try {
    return await models.open({ profile: PROFILE }, USAGE_ID);
  } catch (error) {
    const isMissing = AgentServerError.is(error) && error.code === "not_found";
    const why = isMissing ? `no LLM profile '${PROFILE}' is saved on this server` : messageOf(error);
    return { refusal: `There is no Oracle to ask: ${why}.` };
  }
}

function promptOf({ question, context }: { question: string; context: string | null }): Message[] {
  const more = context ? `\n\nWhat the agent adds:\n${context}` : "";
  return [
    { role: "system", content: [text(INSTRUCTION)] },
    { role: "user", content: [text(`The question:\n${question}${more}`)] },
  ];
}

function failed(content: string): ToolOutput {
  return { content, is_error: true };
}
