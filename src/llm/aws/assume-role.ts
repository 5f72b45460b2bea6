import { z } from "zod";
import { readBounded } from "../../read-bounded.ts";
import { LlmError } from "../llm-error.ts";
import type { Fetch } from "../provider-fetch.ts";
import { awsAddress } from "./aws-region.ts";
import { type AwsCredentials, signRequest } from "./sign-request.ts";

/** Milliseconds for the answer. */
const TIMEOUT = 30_000;
const MAX_BYTES = 64 * 1024;
/** Characters of a refusal that are quoted. */
const QUOTED = 500;

/** The role to take, and who takes it. */
export interface RoleRequest {
  role: string;
  /** Name of the session in AWS's logs. */
  session: string;
  region: string;
  credentials: AwsCredentials;
  fetch: Fetch;
  /** Milliseconds since 1970. */
  now: number;
}

const granted = z.object({
  AssumeRoleResponse: z.object({
    AssumeRoleResult: z.object({
      Credentials: z.object({
        AccessKeyId: z.string(),
        SecretAccessKey: z.string(),
        SessionToken: z.string(),
        /** Seconds since 1970. */
        Expiration: z.number(),
      }),
    }),
  }),
});

/**
 * Asks AWS's token service for the credentials of a role, which last for an hour.
 *
 * @throws LlmError LLMAuthenticationError with the words of a refusal
 */
export async function assumeRole(request: RoleRequest): Promise<AwsCredentials> {
  const { role, session, region, credentials, fetch, now } = request;
  const url = `${awsAddress("sts", region)}/`;
  const body = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: session,
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const signed = await signRequest({ url, headers, body }, { credentials, region, service: "sts", now });
  const response = await fetch(url, {
    method: "POST",
    headers: signed,
    body,
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const answer = (await readBounded(response.body, MAX_BYTES)).toString();
  if (!response.ok) throw refused(role, `status ${response.status}: ${answer.slice(0, QUOTED)}`);
  const parsed = granted.safeParse(parseJson(answer));
  if (!parsed.success) throw refused(role, "the answer of the token service is not as expected");
  const { Credentials: given } = parsed.data.AssumeRoleResponse.AssumeRoleResult;
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
    expiration: new Date(given.Expiration * 1000),
  };
}

function refused(role: string, why: string): LlmError {
  return new LlmError("LLMAuthenticationError", `aws_role_name: the role ${role} was not given: ${why}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
