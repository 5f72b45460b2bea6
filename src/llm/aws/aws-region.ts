import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Environment } from "../environment.ts";
import { LlmError } from "../llm-error.ts";

/**
 * Finds the region of a model at Bedrock: in the configuration, in the ARN that may stand for a model's name, or in the
 * environment. null where nothing names one.
 *
 * @throws LlmError LLMBadRequestError for what cannot be the name of a region
 */
export function awsRegion(config: LlmConfig, model: string, environment: Environment): string | null {
  const [, ofArn] = /^arn:[a-z-]+:bedrock:([a-z0-9-]+):/.exec(model) ?? [];
  const named =
    config.aws_region_name?.trim() ||
    ofArn ||
    environment.AWS_REGION_NAME ||
    environment.AWS_REGION ||
    environment.AWS_DEFAULT_REGION;
  if (!named) return null;
  if (/^[a-z0-9-]+$/.test(named)) return named;
  throw new LlmError(
    "LLMBadRequestError",
    `aws_region_name: ${JSON.stringify(named)} is not the name of a region`,
  );
}

/** Returns the address of an AWS service in a region. */
export function awsAddress(service: "bedrock-runtime" | "sts", region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** Names the credentials in a configuration that sign requests; null without any. */
export function awsSignerIn(config: LlmConfig): string | null {
  if (config.aws_access_key_id) return "aws_access_key_id";
  if (config.aws_profile_name) return "aws_profile_name";
  return config.aws_role_name ? "aws_role_name" : null;
}
