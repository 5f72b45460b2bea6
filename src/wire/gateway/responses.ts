import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";

const contentPart = once(() =>
  z
    .object({ type: z.string(), text: nullable(z.string()), image_url: nullable(z.string()) })
    .meta({ id: "OpenAIResponseInputContentPart" }),
);

const inputMessage = once(() =>
  z
    .object({
      role: z.enum(["system", "developer", "user", "assistant"]),
      content: z.union([z.string(), z.array(contentPart())]),
    })
    .meta({ id: "OpenAIResponseInputMessage" }),
);

/** Body of `POST /v1/responses`. Fields that are not named here are ignored. */
export const responseRequest = once(() =>
  z
    .object({
      model: z.string().describe("`openhands_` and the name of an LLM profile"),
      input: z.union([z.string(), z.array(inputMessage())]),
      instructions: nullable(z.string()),
      previous_response_id: nullable(z.string()).describe("Refused: the input has what came before"),
      store: z.boolean().default(false).describe("Refused when true"),
      stream: z.boolean().default(false).describe("Refused when true"),
      metadata: nullable(z.record(z.string(), z.string())),
    })
    .meta({ id: "OpenAIResponseRequest" }),
);

const outputMessage = once(() =>
  z
    .object({
      id: z.string(),
      content: z.array(
        z
          .object({
            annotations: z.array(z.record(z.string(), z.unknown())),
            text: z.string(),
            type: z.literal("output_text"),
          })
          .meta({ id: "OpenAIResponseOutputText" }),
      ),
      role: z.literal("assistant"),
      status: z.literal("completed"),
      type: z.literal("message"),
    })
    .meta({ id: "OpenAIResponseOutputMessage" }),
);

const usage = once(() =>
  z
    .object({
      input_tokens: z.int(),
      input_tokens_details: z
        .object({ cached_tokens: z.int() })
        .meta({ id: "OpenAIResponseInputTokensDetails" }),
      output_tokens: z.int(),
      output_tokens_details: z
        .object({ reasoning_tokens: z.int() })
        .meta({ id: "OpenAIResponseOutputTokensDetails" }),
      total_tokens: z.int(),
    })
    .meta({ id: "OpenAIResponseUsage" }),
);

/** Answer of `POST /v1/responses`. */
export const openAiResponse = once(() =>
  z
    .object({
      id: z.string(),
      created_at: z.number().describe("Seconds since 1970"),
      completed_at: z.number().describe("Seconds since 1970"),
      instructions: z.string().optional(),
      metadata: z.record(z.string(), z.string()).optional(),
      model: z.string(),
      object: z.literal("response"),
      output: z.array(outputMessage()),
      parallel_tool_calls: z.boolean(),
      previous_response_id: z.string().optional(),
      status: z.literal("completed"),
      tool_choice: z.literal("none"),
      tools: z.array(z.record(z.string(), z.string())),
      usage: usage(),
    })
    .meta({ id: "OpenAIResponse" }),
);

export type ResponseRequest = z.output<ReturnType<typeof responseRequest>>;
export type ResponseMessage = z.output<ReturnType<typeof inputMessage>>;
export type OpenAiResponse = z.output<ReturnType<typeof openAiResponse>>;
