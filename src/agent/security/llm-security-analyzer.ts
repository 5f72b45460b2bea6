import type { Analyzer } from "./risk.ts";

/** What the model itself said about the call. */
export const llmSecurityAnalyzer: Analyzer = (action) => action.security_risk ?? "UNKNOWN";
