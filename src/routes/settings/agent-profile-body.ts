import { AgentServerError } from "../../errors.ts";
import { validate, validationError } from "../../http/route/validation.ts";
import { jsonText } from "../../json-text.ts";
import { type AgentProfile, PROFILE_VARIANTS } from "../../wire/settings/agent-profiles/agent-profile.ts";
import { migrateAgentProfile } from "../../wire/settings/migrations/agent-profile.ts";
import type { ValidationErrorItem } from "../../wire/validation-error.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Names of the reference for the parts of a profile that are objects, which its error texts contain. */
const CLASSES: Readonly<Record<string, string>> = {
  tools: "Tool",
  condenser: "LLMSummarizingCondenserSettings",
  verification: "ProfileVerificationSettings",
};

/**
 * Reads a profile that a client sent, of this version or an earlier one.
 *
 * @throws AgentServerError `unprocessable` with a list of faults, whose places begin with the kind of the agent.
 */
export function readAgentProfile(body: Fields): AgentProfile {
  const profile = migrated(body);
  const kind = profile.agent_kind;
  if (kind !== "openhands" && kind !== "acp") throw validationError([unknownKind(kind)]);
  const isRetired = ["enable_sub_agents", "enable_switch_llm_tool"].some((key) =>
    Object.hasOwn(profile, key),
  );
  if (kind === "openhands" && isRetired) {
    const msg = "Value error, Retired tool switches were removed; select tools instead.";
    throw validationError([{ loc: [kind], type: "value_error", msg }]);
  }
  const { value, items } = validate(PROFILE_VARIANTS[kind], profile, "body");
  if (value !== undefined) return value;
  throw validationError((items ?? []).map((item) => placed(item, kind, profile)));
}

function migrated(body: Fields): Fields {
  try {
    return migrateAgentProfile(body);
  } catch {
    throw new AgentServerError("unprocessable", "Invalid agent profile");
  }
}

function unknownKind(kind: unknown): ValidationErrorItem {
  const expected = "expected tags: 'openhands', 'acp'";
  if (kind === null) {
    return { loc: [], type: "union_tag_not_found", msg: "Unable to extract a tag from 'agent_kind'" };
  }
  const shown = jsonText(kind).slice(0, 64);
  return {
    loc: [],
    type: "union_tag_invalid",
    msg: `Input tag '${shown}' found in 'agent_kind' does not match any of the ${expected}`,
  };
}

/** As the reference places faults, and without the input, which repeats the whole profile. */
function placed(
  { loc: [, ...path], type, msg }: ValidationErrorItem,
  kind: string,
  profile: Fields,
): ValidationErrorItem {
  const [first] = path;
  const inner = first === "condenser" ? [first, condenserKind(profile), ...path.slice(1)] : path;
  const name = typeof first === "string" ? CLASSES[first] : undefined;
  const isObject = type === "model_attributes_type" && name !== undefined;
  return {
    loc: [kind, ...inner],
    type: isObject ? "model_type" : type,
    msg: isObject ? `Input should be a valid dictionary or instance of ${name}` : msg,
  };
}

function condenserKind({ condenser }: Fields): string {
  const { condenser_kind: kind = "llm_summarizing" } = (condenser ?? {}) as Fields;
  return jsonText(kind).slice(0, 64);
}
