import { messageOf } from "../../errors.ts";
import type { Environment } from "../environment.ts";
import { LlmError } from "../llm-error.ts";
import type { Fetch } from "../provider-fetch.ts";
import { serviceAccountIn } from "./vertex-address.ts";

/** Where tokens may come from. */
export interface GoogleSources {
  /** A service account as JSON, or a token; null for the credentials of this machine. */
  apiKey: string | null;
  environment: Environment;
  /** Whether credentials of this machine may go to the address. */
  trusted: boolean;
  fetch: Fetch;
}

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const PACKAGE = "google-auth-library";

/** Gives a token that is valid for some minutes at least. */
export type GoogleToken = () => Promise<string>;

/**
 * Returns a function that gives valid tokens: of the service account in the key, the key itself, or of the credentials
 * that Google's own client finds on this machine (`VERTEXAI_CREDENTIALS`, `GOOGLE_APPLICATION_CREDENTIALS`, and so on).
 * All but a ready token needs the package `google-auth-library`, which renews tokens before their end.
 *
 * It rejects with an LlmError LLMAuthenticationError that says what is missing.
 */
export function googleToken(sources: GoogleSources): GoogleToken {
  const { apiKey, trusted } = sources;
  if (apiKey !== null && !apiKey.trim().startsWith("{")) return async () => apiKey;
  if (apiKey === null && !trusted) {
    return async () => {
      throw missing(
        "this address gets no credentials of the server; set api_key to a service account or a token",
      );
    };
  }
  let source: Promise<GoogleToken> | undefined;
  return async () => {
    try {
      source ??= apiKey === null ? ofMachine(sources) : ofServiceAccount(apiKey, sources);
      return await (await source)();
    } catch (error) {
      source = undefined;
      throw LlmError.is(error) ? error : missing(messageOf(error));
    }
  };
}

/** Makes a `fetch` whose requests carry a token. */
export function withBearer(fetch: Fetch, token: GoogleToken): Fetch {
  return async (target, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${await token()}`);
    return fetch(target, { ...init, headers });
  };
}

/** Accounts of other sorts name addresses to be asked and programs to be run, which a client must not choose. */
async function ofServiceAccount(apiKey: string, { fetch }: GoogleSources): Promise<GoogleToken> {
  const account = serviceAccountIn(apiKey);
  const { type, client_email: email, private_key: key } = account ?? {};
  if (type !== "service_account" || typeof email !== "string" || typeof key !== "string") {
    throw missing("api_key: the JSON is not a service account with client_email and private_key");
  }
  const { JWT } = await loadLibrary();
  const client = new JWT({ email, key, scopes: [SCOPE], transporterOptions: { fetchImplementation: fetch } });
  return async () => tokenOf((await client.getAccessToken()).token);
}

async function ofMachine({ environment, fetch }: GoogleSources): Promise<GoogleToken> {
  const { GoogleAuth } = await loadLibrary();
  const named = environment.VERTEXAI_CREDENTIALS?.trim();
  const account = serviceAccountIn(named ?? null);
  const file = account === null ? named || environment.GOOGLE_APPLICATION_CREDENTIALS : undefined;
  const auth = new GoogleAuth({
    scopes: [SCOPE],
    ...(account !== null && { credentials: account }),
    ...(file && { keyFilename: file }),
    clientOptions: { transporterOptions: { fetchImplementation: fetch } },
  });
  return async () => tokenOf(await auth.getAccessToken());
}

function tokenOf(token: string | null | undefined): string {
  if (!token) throw missing("Google gave no token");
  return token;
}

async function loadLibrary(): Promise<typeof import("google-auth-library")> {
  return import("google-auth-library").catch(() => {
    throw missing(`service accounts need the package ${PACKAGE}, which is not installed`);
  });
}

function missing(what: string): LlmError {
  return new LlmError("LLMAuthenticationError", `no credentials for Vertex AI: ${what}`);
}
