import type { StandardSchemaV1 } from "@modelcontextprotocol/client";

/**
 * Takes an answer as it came. The client would refuse a whole list for one tool that it cannot read, and check results
 * with schemas and patterns that the server made.
 */
export const asItCame: StandardSchemaV1<unknown, unknown> = {
  "~standard": { version: 1, vendor: "agent-server", validate: (value) => ({ value }) },
};
