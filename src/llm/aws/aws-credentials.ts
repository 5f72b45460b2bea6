import { messageOf } from "../../errors.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Environment } from "../environment.ts";
import { LlmError } from "../llm-error.ts";
import type { Fetch } from "../provider-fetch.ts";
import { assumeRole } from "./assume-role.ts";
import type { AwsCredentials } from "./sign-request.ts";

/** Where credentials may come from. */
export interface AwsSources {
  config: LlmConfig;
  environment: Environment;
  region: string;
  /** Whether credentials of this machine may sign requests to the address. */
  trusted: boolean;
  fetch: Fetch;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Milliseconds before their end at which credentials are renewed. */
const MARGIN = 5 * 60_000;
/** Milliseconds for which credentials of files and services are kept, so that changed ones are seen. */
const KEPT = 15 * 60_000;
const SESSION = "agent-server";
const PACKAGE = "@aws-sdk/credential-providers";

/**
 * Returns a function that gives valid credentials: the keys of the configuration, its profile, the environment's keys,
 * or whatever AWS's own client finds on this machine; and with `aws_role_name` those of the role. Profiles and the
 * machine need the package `@aws-sdk/credential-providers`.
 *
 * It rejects with an LlmError LLMAuthenticationError that says what is missing.
 */
export function awsCredentials(sources: AwsSources): () => Promise<AwsCredentials> {
  const { config, region, fetch, now } = sources;
  const base = keptUntilOld(() => findCredentials(sources), now);
  if (!config.aws_role_name) return base;
  const role = config.aws_role_name;
  const session = config.aws_session_name || SESSION;
  return keptUntilOld(
    async () => assumeRole({ role, session, region, credentials: await base(), fetch, now: now() }),
    now,
  );
}

/** Asks once for callers at the same time, and again when the credentials are about to end. */
function keptUntilOld(find: () => Promise<AwsCredentials>, now: () => number): () => Promise<AwsCredentials> {
  let current: { found: Promise<AwsCredentials>; until: number } | undefined;
  return async () => {
    if (current === undefined || now() >= current.until) {
      const asked = { found: find(), until: now() + KEPT };
      current = asked;
      asked.found.then(
        ({ expiration }) => {
          if (expiration !== undefined) asked.until = Math.min(asked.until, expiration.getTime() - MARGIN);
        },
        () => {
          if (current === asked) current = undefined;
        },
      );
    }
    return current.found;
  };
}

async function findCredentials(sources: AwsSources): Promise<AwsCredentials> {
  const { config, environment, trusted } = sources;
  if (config.aws_access_key_id) return configuredKeys(config);
  if (!trusted) {
    throw missing(
      "this address gets no credentials of the server; set aws_access_key_id and aws_secret_access_key",
    );
  }
  if (config.aws_profile_name) return fromProfile(config.aws_profile_name, environment);
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment;
  if (id && secret)
    return { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) };
  if (environment.AWS_PROFILE) return fromProfile(environment.AWS_PROFILE, environment);
  return fromMachine();
}

function configuredKeys(config: LlmConfig): AwsCredentials {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = config;
  if (!id || !secret) throw missing("aws_access_key_id needs aws_secret_access_key beside it");
  return { accessKeyId: id, secretAccessKey: secret, ...(token && { sessionToken: token }) };
}

async function fromProfile(profile: string, environment: Environment): Promise<AwsCredentials> {
  const providers = await loadProviders();
  if (providers === null) throw missing(`a profile needs the package ${PACKAGE}, which is not installed`);
  const { AWS_SHARED_CREDENTIALS_FILE: filepath, AWS_CONFIG_FILE: configFilepath } = environment;
  try {
    return await providers.fromIni({
      profile,
      ignoreCache: true,
      ...(filepath && { filepath }),
      ...(configFilepath && { configFilepath }),
    })();
  } catch (error) {
    throw missing(`aws_profile_name: ${messageOf(error)}`);
  }
}

async function fromMachine(): Promise<AwsCredentials> {
  const ways = "set api_key to a Bedrock API key, aws_access_key_id with aws_secret_access_key, or a profile";
  const providers = await loadProviders();
  if (providers === null) {
    throw missing(`${ways}; roles of this machine need the package ${PACKAGE}, which is not installed`);
  }
  try {
    return await providers.fromNodeProviderChain({ timeout: 1000, maxRetries: 0 })();
  } catch (error) {
    throw missing(`${ways}: ${messageOf(error)}`);
  }
}

/** null where the package is not installed. */
async function loadProviders(): Promise<typeof import("@aws-sdk/credential-providers") | null> {
  return import("@aws-sdk/credential-providers").catch(() => null);
}

function missing(what: string): LlmError {
  return new LlmError("LLMAuthenticationError", `no credentials for Bedrock: ${what}`);
}
