import { z } from "zod";
import { once } from "../../once.ts";
import { nullable } from "../nullable.ts";

const contentPart = once(() =>
  z
    .object({
      type: z.string(),
      text: nullable(z.string()),
      image_url: nullable(
        z.union([z.object({ url: z.string() }).meta({ id: "OpenAIImageURL" }), z.string()]),
      ),
    })
    .meta({ id: "OpenAIContentPart" }),
);

const chatMessage = once(() =>
  z
    .object({
      role: z.enum(["system", "developer", "user", "assistant", "tool"]),
      content: nullable(z.union([z.string(), z.array(contentPart())])),
    })
    .meta({ id: "OpenAIChatMessage" }),
);

/** Body of `POST /v1/chat/completions`. Fields that are not named here are ignored. */
export const chatCompletionRequest = once(() =>
  z
    .object({
      model: z.string().describe("`openhands_` and the name of an LLM profile"),
      messages: z.array(chatMessage()),
      stream: z.boolean().default(false),
      stream_options: nullable(
        z.object({ include_usage: z.boolean().default(false) }).meta({ id: "OpenAIStreamOptions" }),
      ),
    })
    .meta({ id: "OpenAIChatCompletionRequest" }),
);

const usage = once(() =>
  z
    .object({ completion_tokens: z.int(), prompt_tokens: z.int(), total_tokens: z.int() })
    .meta({ id: "CompletionUsage" }),
);

/** Answer of `POST /v1/chat/completions`. */
export const chatCompletion = once(() =>
  z
    .object({
      id: z.string(),
      choices: z.array(
        z
          .object({
            finish_reason: z.literal("stop"),
            index: z.int(),
            message: z
              .object({ content: z.string(), role: z.literal("assistant") })
              .meta({ id: "ChatCompletionMessage" }),
          })
          .meta({ id: "Choice" }),
      ),
      created: z.int().describe("Seconds since 1970"),
      model: z.string(),
      object: z.literal("chat.completion"),
      usage: usage(),
    })
    .meta({ id: "ChatCompletion" }),
);

export type ChatCompletionRequest = z.output<ReturnType<typeof chatCompletionRequest>>;
export type ChatMessage = z.output<ReturnType<typeof chatMessage>>;
export type ChatCompletion = z.output<ReturnType<typeof chatCompletion>>;
