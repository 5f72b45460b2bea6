import { asObject, isObject } from "../../is-object.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { AcpProvider } from "../providers.ts";

/** Bytes of a file that a sign-in is read from. */
const MAX_BYTES = 1024 * 1024;

/** The facts by which a program signs in. */
export interface Account {
  /** Variables of the program. */
  env: Readonly<Record<string, string>>;
  /** Home folder of the user that it runs as. */
  home: string;
  files: WorkspaceFiles;
}

/** A call of `authenticate`. */
export interface SignIn {
  methodId: string;
  /** Further parameters of the call. */
  meta?: Record<string, unknown>;
}

/** Chooses among the ways to sign in that a program offers the first one that needs no user; undefined without one. */
export async function chooseSignIn(
  methods: readonly { id: string }[],
  account: Account,
  provider: AcpProvider | undefined,
): Promise<SignIn | undefined> {
  const offered = new Set(methods.map(({ id }) => id));
  const { env } = account;
  if (offered.has("chat-gpt") && (await hasCodexLogin(account))) return { methodId: "chat-gpt" };
  if (offered.has("vertex-ai") && (await isFile(env.GOOGLE_APPLICATION_CREDENTIALS, account)))
    return { methodId: "vertex-ai" };
  if (
    offered.has("oauth-personal") &&
    (await isFile(joinPath(homeOf(account), ".gemini/oauth_creds.json"), account))
  )
    return { methodId: "oauth-personal" };
  if (offered.has("api-key") && (env.CODEX_API_KEY || env.OPENAI_API_KEY)) return { methodId: "api-key" };
  if (offered.has("gemini-api-key") && env.GEMINI_API_KEY !== undefined)
    return { methodId: "gemini-api-key", ...gatewayOf(env, provider) };
  return undefined;
}

/** Whether the program can find a sign-in by itself: a key among its variables, or a file of secrets. */
export async function isSignedIn(
  { env, files }: Account,
  provider: AcpProvider | undefined,
  fileVariables: readonly string[],
): Promise<boolean> {
  if (provider?.keyVariable && env[provider.keyVariable]) return true;
  const paths = fileVariables.flatMap((name) => env[name] ?? []);
  for (const path of paths) if ((await files.stat(path)) !== null) return true;
  return false;
}

/** Whether the file of a ChatGPT sign-in has the token that renews it. */
export function isCodexLogin(text: string): boolean {
  try {
    const login: unknown = JSON.parse(text);
    if (!isObject(login) || !(login.auth_mode == null || login.auth_mode === "chatgpt")) return false;
    const { refresh_token: token } = asObject(login.tokens);
    return typeof token === "string" && token !== "";
  } catch {
    return false;
  }
}

async function hasCodexLogin(account: Account): Promise<boolean> {
  const folder = account.env.CODEX_HOME || joinPath(homeOf(account), ".codex");
  try {
    const bytes = await account.files.read(joinPath(folder, "auth.json"), { maxBytes: MAX_BYTES });
    return isCodexLogin(new TextDecoder().decode(bytes));
  } catch {
    return false;
  }
}

function gatewayOf(
  env: Account["env"],
  provider: AcpProvider | undefined,
): { meta?: Record<string, unknown> } {
  const address = provider?.addressVariable && env[provider.addressVariable];
  return address ? { meta: { gateway: { baseUrl: address } } } : {};
}

function homeOf({ env, home }: Account): string {
  return env.HOME || home;
}

async function isFile(path: string | undefined, { files }: Account): Promise<boolean> {
  return path ? (await files.stat(path).catch(() => null))?.type === "file" : false;
}
