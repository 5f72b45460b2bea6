import type { z } from "zod";
import { asObject, isObject } from "../../is-object.ts";
import type { acpModel } from "../../wire/agent/acp/acp-model.ts";
import { MAX_MODELS } from "../limits.ts";

/** A model that a program offers. */
export type AcpModel = z.output<typeof acpModel>;

/** The models of a program, as it says when a session begins. */
export interface SessionModels {
  /** The model that it uses; null where it does not say. */
  current: string | null;
  /** The models that it offers; null where it says nothing of models. */
  available: AcpModel[] | null;
  /** Whether the model is an option of the session, and not a setting apart. */
  isOption: boolean;
}

/** Id of the option of a session that chooses the model. */
export const MODEL_OPTION = "model";

const MAX_NAME = 1_000;

/**
 * Reads the models in the answer to `session/new` or `session/load`: an option of the session, or the block that older
 * programs have. Entries that are not models are left out. `isOption` is the answer where there is neither.
 */
export function readModels(answer: unknown, isOption: boolean): SessionModels {
  const { configOptions, models } = asObject(answer);
  const option = optionIn(configOptions);
  if (option !== undefined) {
    const { currentValue, options } = option;
    return {
      current: nameOf(currentValue),
      available: modelsIn(choicesIn(options), "value"),
      isOption: true,
    };
  }
  if (!isObject(models) || !isBlock(models)) return { current: null, available: null, isOption };
  const { currentModelId, availableModels } = models;
  return {
    current: nameOf(currentModelId),
    available: modelsIn(availableModels ?? [], "modelId"),
    isOption: false,
  };
}

/** The model that an option of a session names now; undefined where no option does. */
export function currentOption(configOptions: unknown): string | undefined {
  return nameOf(optionIn(configOptions)?.currentValue) ?? undefined;
}

function optionIn(configOptions: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(configOptions)) return undefined;
  return configOptions.find(
    (option) => isObject(option) && option.id === MODEL_OPTION && option.type === "select",
  );
}

/** Choices may come in groups. */
function choicesIn(options: unknown): unknown[] {
  if (!Array.isArray(options)) return [];
  return options.flatMap((entry) =>
    isObject(entry) && Array.isArray(entry.options) ? entry.options : [entry],
  );
}

/** A block with a part of another form is none. */
function isBlock({ currentModelId, availableModels }: Record<string, unknown>): boolean {
  const isNamed = currentModelId == null || typeof currentModelId === "string";
  if (!isNamed || !(availableModels === undefined || Array.isArray(availableModels))) return false;
  return (availableModels ?? []).every(
    (model: unknown) => isObject(model) && typeof model.modelId === "string",
  );
}

function modelsIn(entries: unknown, idField: "value" | "modelId"): AcpModel[] {
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, MAX_MODELS).flatMap((entry) => {
    const { [idField]: id, name, description } = asObject(entry);
    const modelId = nameOf(id);
    return modelId === null
      ? []
      : [{ model_id: modelId, name: nameOf(name), description: nameOf(description) }];
  });
}

function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_NAME) : null;
}
