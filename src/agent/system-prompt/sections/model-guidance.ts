import type { ModelFamily } from "../model-family.ts";

const CLAUDE = `* Keep to the scope of the request: no extra features, files or clean-up, and nothing of it left out.
* Let wrong input and configuration fail early; add no fallbacks that nobody asked for.
* When it is unclear whether old behaviour must be kept, ask before you break it.`;

const GEMINI = `* Do what was asked, thoroughly, and stop there. A question is not a request for a change.`;

const GPT_5 = `* Before a tool call, say in one short sentence what you are about to do.
* State assumptions and what the environment must have.
* When you are not sure whether you can reach something, try it with your tools before you say that you cannot.
* To answer a review comment on GitHub inside its thread, post to \`/repos/{owner}/{repo}/pulls/{number}/comments\` with
  \`in_reply_to\` set to the id of the thread's first comment.`;

const GPT_5_CODEX = `* Be brief. State assumptions and what the environment must have.
* When you are not sure whether you can reach something, try it with your tools before you say that you cannot.`;

/** What a family of models needs to be told, learned from how it tends to err. */
export function modelGuidance({ family, variant }: ModelFamily): string | null {
  if (family === "anthropic_claude") return CLAUDE;
  if (family === "google_gemini") return GEMINI;
  if (variant === "gpt-5-codex") return GPT_5_CODEX;
  return variant === "gpt-5" ? GPT_5 : null;
}
