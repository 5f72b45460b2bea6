import type { Analyzer } from "./risk.ts";

/** Takes the risk that the model itself states with the call. */
export const llmSecurityAnalyzer: Analyzer = async (action) => action.security_risk ?? "UNKNOWN";
