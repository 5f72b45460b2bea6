/** An operation whose 5xx is an answer that is documented, and why it comes. */
export const EXPECTED_REFUSALS: readonly {
  operation: string;
  statuses: readonly number[];
  reason: string;
}[] = [
  ...["GET /api/vscode/url", "GET /api/conversations/{runtime_conversation_id}/vscode/url"].map(
    (operation) => ({ operation, statuses: [503], reason: "the editor is switched off" }),
  ),
  ...["POST /app-backends/{extension_name}/session", "DELETE /app-backends/{extension_name}/session"].map(
    (operation) => ({ operation, statuses: [503], reason: "there is no way of browsers to back ends" }),
  ),
  ...["start", "poll"].map((step) => ({
    operation: `POST /api/llm/subscription/openai/device/${step}`,
    statuses: [503],
    reason: "its issuer cannot be reached without a network",
  })),
  {
    operation: "POST /api/plugins/fetch",
    statuses: [502, 504],
    reason: "repositories cannot be reached without a network",
  },
  {
    operation: "POST /api/conversations/{conversation_id}/ask_agent",
    statuses: [500],
    reason: "the model that the conversation was started with is made up, and the reference answers so",
  },
  {
    operation: "POST /api/conversations/{conversation_id}/condense",
    statuses: [502],
    reason: "the model that the conversation was started with is made up",
  },
  {
    operation: "POST /api/conversations/{conversation_id}/switch_acp_model",
    statuses: [504],
    reason: "the program that the conversation was started with is made up",
  },
];

/** Whether a 5xx of an operation is an answer that is documented. An operation is a method and its path. */
export function refuses(operation: string, status: number): boolean {
  return EXPECTED_REFUSALS.some((one) => one.operation === operation && one.statuses.includes(status));
}

/** Checks of schemathesis that are left out, and why. */
export const CHECKS_LEFT_OUT: Readonly<Record<string, string>> = {
  negative_data_rejection: "numbers, dates and booleans are read from text as well, as the reference does",
  positive_data_acceptance: "what is valid for the schema may be refused for what it says",
  unsupported_method: "the paths of two routes may fit, of which one answers with 422, as the reference does",
  allow_header_conformance: "the header names the methods of one route, as the reference does",
  missing_required_header: "the key is the only header that is required, and ignored_auth is about that",
};

/** Checks that are left out of single operations, and why. */
export const CHECKS_LEFT_OUT_OF: readonly { operation: string; check: string; reason: string }[] = [
  {
    operation: "GET /api/agent-profiles/{name}",
    check: "use_after_free",
    reason: "the default profile is made again when it is asked for",
  },
];
