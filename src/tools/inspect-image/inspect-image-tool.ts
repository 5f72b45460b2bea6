import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { text } from "../../wire/events/message.ts";
import { askModel } from "../ask-model.ts";
import { builtInTool, type ToolResult } from "../define-tool.ts";
import type { Tool } from "../tool.ts";
import type { OpenedModel } from "../tool-models.ts";

/** Name of the tool for the model. */
export const INSPECT_IMAGE = "inspect_image_with_vision";

/** Milliseconds. */
const TIMEOUT = 300_000;

const INSTRUCTION =
  "You are shown an image and asked about it. Answer in a few plain words what the image shows about that.";

export interface InspectImageOptions {
  /** Names of LLM profiles whose models see images, at least one. The first is asked where the agent names none. */
  profiles: readonly string[];
  /** The images that the agent's model knows of, by their number: addresses or data URLs. */
  images(): readonly string[];
  /** Milliseconds that a call waits for the answer. Default: 5 minutes. */
  timeout?: number;
}

/** Makes the tool by which an agent whose model sees no images asks one that does. */
export function inspectImageTool({ profiles, images, timeout = TIMEOUT }: InspectImageOptions): Tool {
  return builtInTool({
    name: INSPECT_IMAGE,
    description: describe(profiles),
    input: z.object({
      image_index: z.int().min(0).describe("Number of the image as the user's message gives it, from 0."),
      question: z.string().min(1).describe("What you want to know about the image."),
      profile_name: z
        .string()
        .nullable()
        .default(null)
        .describe("One of the listed LLM profiles. Default: the first of them."),
    }),
    params: z.strictObject({}),
    annotations: {
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: true,
    },
    wire: {
      tool: "VisionInspectTool",
      action: "VisionInspectAction",
      observation: "VisionInspectObservation",
    },
    resources: () => [],
    async run({ image_index: index, question, profile_name: named }, { models, signal }) {
      const profile = named ?? profiles[0] ?? "";
      const about = { image_index: index, question, profile_name: profile };
      const refuse = (content: string, more: object = {}): ToolResult => ({
        ...about,
        ...more,
        content,
        is_error: true,
      });
      if (!profiles.includes(profile)) {
        return refuse(`'${profile}' is none of the LLM profiles that see images: ${profiles.join(", ")}.`);
      }
      const all = images();
      const image = all[index];
      if (image === undefined) {
        return refuse(`There is no image ${index}: the user's last message with images has ${all.length}.`);
      }
      const usageId = `vision-profile:${profile}`;
      const opened = await models
        .open({ profile }, usageId)
        .catch((error: unknown) => ({ failure: messageOf(error) }));
      if ("failure" in opened)
        return refuse(`The LLM profile '${profile}' cannot be used: ${opened.failure}`);
      const { model } = opened;
      if (opened.llm.vision === false) {
        return refuse(`The model of the LLM profile '${profile}', ${model}, sees no images any more.`, {
          model,
        });
      }
      const answer = await ask(opened, { image, question, signal, timeout });
      const asked = { model, base_url: opened.baseUrl };
      if (answer === "") return refuse(`The model ${model} has answered without words.`, asked);
      return { ...about, ...asked, answer, content: answer };
    },
  });
}

interface Question {
  image: string;
  question: string;
  signal: AbortSignal;
  timeout: number;
}

function ask({ llm }: OpenedModel, { image, question, ...patience }: Question): Promise<string> {
  return askModel(
    llm,
    [
      { role: "system", content: [text(INSTRUCTION)] },
      {
        role: "user",
        content: [text(question), { type: "image", image_urls: [image], cache_prompt: false }],
      },
    ],
    patience,
  );
}

function describe(profiles: readonly string[]): string {
  return `Shows an image of the user's last message with images to a model that sees, and gives you what it answers.

Call it when you need to know what such an image shows: you are only told that it is there, and its number. Ask for what you need \
in particular, once for each thing that you want to know.

LLM profiles whose models see images:
${profiles.map((name) => `- ${name}`).join("\n")}`;
}
