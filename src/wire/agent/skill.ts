import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable } from "../nullable.ts";
import { lenientMcpConfig } from "./mcp-server.ts";

const words = z.array(z.string());

/** The condition under which a skill enters the prompt: a word of a message, a task, a file that is touched. */
const trigger = z.discriminatedUnion("type", [
  z.object({ type: z.literal("keyword"), keywords: words }).meta({ id: "KeywordTrigger" }),
  z.object({ type: z.literal("task"), triggers: words }).meta({ id: "TaskTrigger" }),
  z.object({ type: z.literal("path"), paths: words }).meta({ id: "PathTrigger" }),
]);

const skillResources = z
  .object({
    skill_root: z.string().describe("Absolute path"),
    scripts: words.default([]),
    references: words.default([]),
    assets: words.default([]),
  })
  .meta({ id: "SkillResources" });

const inputMetadata = z.object({ name: z.string(), description: z.string() }).meta({ id: "InputMetadata" });

export const skill = z
  .object({
    name: z.string(),
    content: z.string(),
    trigger: nullable(trigger).describe("null for a skill that always applies"),
    source: nullable(z.string()),
    mcp_tools: nullable(lenientMcpConfig),
    inputs: z.array(inputMetadata).default([]),
    is_agentskills_format: z.boolean().default(false),
    version: z.string().default("1.0.0"),
    description: nullable(z.string()),
    license: nullable(z.string()),
    compatibility: nullable(z.string()),
    metadata: nullable(z.preprocess(asTexts, z.record(z.string(), z.string()))),
    allowed_tools: nullable(z.preprocess(asList, words)),
    disable_model_invocation: z.boolean().default(false),
    resources: nullable(skillResources),
  })
  .overwrite(completed)
  .meta({ id: "Skill" });

/** Instructions that enter the prompt always or when their trigger matches. */
export type Skill = z.output<typeof skill>;

/** Characters of a description; what is longer is cut in the middle. */
const MAX_DESCRIPTION = 1024;
const VARIABLE = /\$\{[a-zA-Z_][a-zA-Z0-9_]*\}/;
const QUESTIONS =
  "\n\nAsk the user for each of these variables that is still unknown before you begin with the task.";

/** The consequences that the fields of a skill have for each other, wherever it comes from. */
function completed<T extends SkillFields>(skill: T): T {
  const { trigger, description, source } = skill;
  const { disable_model_invocation: isHidden } = skill;
  return {
    ...skill,
    content: withQuestions(skill),
    description: description === null ? null : shortened(description, source),
    // What applies to files is given when they are touched, and is not for the model to choose.
    disable_model_invocation: isHidden || trigger?.type === "path",
  };
}

interface SkillFields {
  content: string;
  trigger: z.output<typeof trigger> | null;
  source: string | null;
  inputs: readonly unknown[];
  description: string | null;
  disable_model_invocation: boolean;
}

function withQuestions({ content, trigger, inputs }: SkillFields): string {
  if (trigger?.type !== "task" || content === "" || content.includes(QUESTIONS)) return content;
  return inputs.length > 0 || VARIABLE.test(content) ? content + QUESTIONS : content;
}

function shortened(description: string, source: string | null): string {
  if (description.length <= MAX_DESCRIPTION) return description;
  const note = ` […shortened; the whole text is in ${source ?? "the skill"}…] `;
  const room = MAX_DESCRIPTION - note.length;
  if (room <= 0) return note.slice(0, MAX_DESCRIPTION);
  const head = Math.ceil(room / 2);
  return `${description.slice(0, head)}${note}${description.slice(description.length - (room - head))}`;
}

/** Files of skills write numbers and flags here, too. */
function asTexts(input: unknown): unknown {
  if (!isObject(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** Files of skills write the names of tools as one text with spaces between them. */
function asList(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(String);
  return typeof input === "string" ? input.split(/\s+/).filter((word) => word !== "") : input;
}
