/** Every kind of document that is kept. What re-seals secrets goes through all of them. */
export const DOCUMENT_KINDS = [
  "settings",
  "secret",
  "llm-profile",
  "meta-profile",
  "agent-profile",
  "provider-connection",
  "subscription",
  "workspaces",
  "access-key",
] as const;

export type DocumentKind = (typeof DOCUMENT_KINDS)[number];
