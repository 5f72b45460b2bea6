import { z } from "zod";
import { nullable } from "../nullable.ts";

const TEXT_OF_TASK = /\{\{\s*instance_text\s*\}\}/;

const metaProfileClass = z
  .object({
    description: z.string().describe("The tasks of the class, in words"),
    model: z.string().describe("Name of the LLM profile for them"),
  })
  .meta({ id: "MetaProfileClass" });

/**
 * Rules by which a model is chosen for a task: classes of tasks, or a prompt that asks for the model's name. One with
 * neither is read, since older ones are stored. Unknown keys are ignored.
 */
export const metaProfile = z
  .object({
    classifier_model: z.string().describe("Name of the LLM profile that decides"),
    classes: z.array(metaProfileClass).default([]),
    prompt_template: nullable(z.string()).describe("Asks for the model; `{{ instance_text }}` is the task"),
    model_table: nullable(z.string()).describe("Text for `{{ model_table }}` in the prompt"),
  })
  .superRefine(({ prompt_template: template, classes }, context) => {
    if (template === null) return;
    const refuse = (reason: string) =>
      context.addIssue({ code: "custom", message: `Value error, ${reason}`, path: [] });
    if (!TEXT_OF_TASK.test(template))
      refuse("Direct-routing meta-profiles must include {{ instance_text }} in prompt_template.");
    else if (classes.length > 0) refuse("Direct-routing meta-profiles cannot also define classes.");
  })
  .meta({ id: "MetaProfile" });

export type MetaProfile = z.output<typeof metaProfile>;
