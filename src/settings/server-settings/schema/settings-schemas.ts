import type { z } from "zod";
import { once } from "../../../once.ts";
import { agentContextFields } from "../../../wire/agent/agent-context.ts";
import { llmFields } from "../../../wire/agent/llm-config.ts";
import { acpSettings } from "../../../wire/settings/agent/acp-settings.ts";
import { openHandsSettings } from "../../../wire/settings/agent/agent-settings.ts";
import { condenserKind, summarisingSettings } from "../../../wire/settings/agent/condenser-settings.ts";
import { verificationSettings } from "../../../wire/settings/agent/verification-settings.ts";
import { conversationSettings } from "../../../wire/settings/conversation-settings.ts";
import type { SettingsSchema, SettingsSection } from "../../../wire/settings/settings-schema.ts";
import {
  ACP_FIELDS,
  CONDENSER_FIELDS,
  CONTEXT_FIELDS,
  GENERAL_FIELDS,
  VERIFICATION_FIELDS,
} from "./agent-fields.ts";
import { CONFIRMATION_FIELDS, LIMIT_FIELDS, RUNTIME_FIELDS } from "./conversation-fields.ts";
import { type FormSection, formField } from "./form-field.ts";
import { LLM_FIELDS } from "./llm-fields.ts";

const GENERAL = { key: "general", label: "General", variant: null };

/** The settings of agents as forms show them: those of both kinds, in sections that name their kind. */
export const agentSettingsSchema = once((): SettingsSchema => {
  const { llm, agent_context: context, condenser, verification, ...general } = openHandsSettings.parse({});
  const nested = (key: string, label: string, more: Pick<FormSection, "shape" | "defaults" | "fields">) =>
    section({ key, label, variant: "openhands", prefix: `${key}.`, ...more });
  return {
    model_name: "AgentSettings",
    sections: [
      section({ ...GENERAL, shape: openHandsSettings.shape, defaults: general, fields: GENERAL_FIELDS }),
      nested("llm", "LLM", { shape: llmFields.shape, defaults: llm, fields: LLM_FIELDS }),
      nested("agent_context", "Memory", {
        shape: agentContextFields.shape,
        defaults: context,
        fields: CONTEXT_FIELDS,
      }),
      nested("condenser", "Condenser", {
        shape: { ...summarisingSettings.shape, condenser_kind: condenserKind },
        defaults: condenser,
        fields: CONDENSER_FIELDS,
      }),
      nested("verification", "Verification", {
        shape: verificationSettings.shape,
        defaults: verification,
        fields: VERIFICATION_FIELDS,
      }),
      section({
        key: "acp",
        label: "ACP (Agent Client Protocol)",
        variant: "acp",
        shape: acpSettings.shape,
        defaults: acpSettings.parse({ agent_kind: "acp" }),
        fields: ACP_FIELDS,
      }),
    ],
  };
});

/** The settings of conversations as forms show them. */
export const conversationSettingsSchema = once((): SettingsSchema => {
  const ofAll = { shape: conversationSettings.shape as Shape, defaults: conversationSettings.parse({}) };
  return {
    model_name: "ConversationSettings",
    sections: [
      section({ ...GENERAL, ...ofAll, fields: LIMIT_FIELDS }),
      section({
        key: "verification",
        label: "Verification",
        variant: null,
        ...ofAll,
        fields: CONFIRMATION_FIELDS,
      }),
      section({ key: "runtime", label: "Runtime", variant: null, ...ofAll, fields: RUNTIME_FIELDS }),
    ],
  };
});

type Shape = Readonly<Record<string, z.ZodType>>;

function section(form: FormSection): SettingsSection {
  const { key, label, variant, fields } = form;
  return {
    key,
    label,
    fields: Object.entries(fields).map(([name, field]) => formField(name, field, form)),
    variant,
  };
}
