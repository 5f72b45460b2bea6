import { messageOf } from "../errors.ts";
import { isObject } from "../is-object.ts";
import { jsonText } from "../json-text.ts";
import { MAX_DETAIL } from "./limits.ts";

/** Why a program could not be started, as clients know it. */
export type StartCode = "ACPAuthRequired" | "ACPStartupTimeout" | "ACPSpawnError" | "ACPInitError";

/** Why a prompt has failed, as clients know it. */
export type PromptCode = "UsagePolicyRefusal" | "ACPAuthRequired" | "ACPPromptError";

/** The failure of a start whose reason is known. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartCode;

  constructor(code: StartCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** A request that a program has answered with an error. */
interface RefusedRequest extends Error {
  code: number;
  data?: unknown;
}

/** The code by which a program asks for a sign-in. */
const AUTH_REQUIRED = -32_000;

/** The code of failures inside of a program, or behind it. */
const INTERNAL_ERROR = -32_603;

/** Words of refused credentials: programs report these as internal errors. */
const AUTH_WORDS = [
  "unauthorized",
  "invalid api key",
  "invalid_api_key",
  "invalid x-api-key",
  "expired",
  "please run /login",
  "authentication required",
  "oauth token",
  "credential",
];

/** Whether a program has answered a request with an error. */
export function isRefused(error: unknown): error is RefusedRequest {
  return error instanceof Error && error.name === "RequestError";
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  return isRefused(error) && error.code === INTERNAL_ERROR;
}

export function startCodeOf(error: unknown): StartCode {
  if (error instanceof StartError) return error.code;
  return isAboutCredentials(error) ? "ACPAuthRequired" : "ACPInitError";
}

export function promptCodeOf(error: unknown): PromptCode {
  const words = wordsOf(error);
  if (words.includes("usage policy") || words.includes("content policy")) return "UsagePolicyRefusal";
  return isAboutCredentials(error) ? "ACPAuthRequired" : "ACPPromptError";
}

/** The words of an error for people: code, message and what the program adds, at most 500 characters. */
export function detailOf(error: unknown): string {
  const message = messageOf(error);
  if (!isRefused(error)) return message.slice(0, MAX_DETAIL);
  const cause = causeIn(error.data);
  const added = cause === "" || cause === message ? "" : `: ${cause}`;
  return `[${error.code}] ${message}${added}`.slice(0, MAX_DETAIL);
}

function isAboutCredentials(error: unknown): boolean {
  if (isRefused(error) && error.code === AUTH_REQUIRED) return true;
  const words = wordsOf(error);
  return AUTH_WORDS.some((word) => words.includes(word)) || /\b(401|403)\b/.test(words);
}

function wordsOf(error: unknown): string {
  const cause = isRefused(error) ? ` ${causeIn(error.data)}` : "";
  return `${messageOf(error)}${cause}`.toLowerCase();
}

/** Programs put the true cause of an internal error into its data. */
function causeIn(data: unknown): string {
  if (data === null || data === undefined) return "";
  if (typeof data === "string") return data;
  if (!isObject(data)) return jsonText(data);
  for (const key of ["message", "details", "detail", "error"]) {
    const words = data[key];
    if (typeof words !== "string" || words === "") continue;
    const { codex_error_info: info } = data;
    return info ? `${words} (${typeof info === "string" ? info : jsonText(info)})` : words;
  }
  return jsonText(data);
}
