import type { SourceErrorCode } from "./source-error.ts";

/** Words of git that name a failure, in lower case. The first that match decide. */
const WORDS: readonly (readonly [code: SourceErrorCode, words: readonly string[]])[] = [
  ["auth_failed", ["authentication failed", "authentication required"]],
  [
    "ref_not_found",
    [
      "couldn't find remote ref",
      "could not find remote ref",
      "not our ref",
      "unadvertised object",
      "bad object",
      "needed a single revision",
    ],
  ],
  [
    "source_unavailable",
    [
      "could not read username",
      "terminal prompts disabled",
      "repository not found",
      "could not resolve host",
      "failed to connect",
      "connection refused",
      "does not appear to be a git repository",
      "access rights",
    ],
  ],
];

/** The reason that the words of git give, or `otherwise`. */
export function failureCode(message: string, otherwise: SourceErrorCode): SourceErrorCode {
  const text = message.toLowerCase();
  const match = WORDS.find(([, words]) => words.some((word) => text.includes(word)));
  return match?.[0] ?? otherwise;
}
