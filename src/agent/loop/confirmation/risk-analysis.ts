import { messageOf } from "../../../errors.ts";
import { untilAborted } from "../../../waiting.ts";
import type { SecurityAnalyzer, SecurityRisk } from "../../../wire/agent/policies.ts";
import type { ActionEvent, SecurityAnalysisEvent } from "../../../wire/events/events.ts";
import { createAnalyzer } from "../../security/create-analyzer.ts";
import type { Analyzer } from "../../security/risk.ts";
import type { ShellScans } from "../../security/worker/shell-scanner.ts";

/** Tells the risk of an action that was analysed. Any other action is UNKNOWN. */
export type RiskOf = (action: ActionEvent) => SecurityRisk;

/** The ratings of the actions of one reply. */
export interface RiskAnalysis {
  riskOf: RiskOf;
  /** The ratings as the log shows them; undefined when no analyzer was asked. */
  findings?: Required<Pick<SecurityAnalysisEvent, "analyzer" | "risks" | "details">>;
}

export interface AnalysisOptions {
  /** The analyzer of the conversation, if it has one. */
  config: SecurityAnalyzer | null;
  shellScanner: ShellScans;
  signal: AbortSignal;
}

interface Verdict {
  risk: SecurityRisk;
  details?: Record<string, unknown>;
}

const NOT_ANALYSED: RiskAnalysis = { riskOf: () => "UNKNOWN" };

/**
 * Asks the analyzer about every action. One that it fails on is HIGH, and so are all when it cannot be made: the details
 * say why. Rejects with the reason of the signal once that is aborted.
 */
export async function analyseRisks(
  actions: readonly ActionEvent[],
  { config, shellScanner, signal }: AnalysisOptions,
): Promise<RiskAnalysis> {
  if (config === null || isHarmlessAlone(actions)) return NOT_ANALYSED;
  signal.throwIfAborted();
  const verdicts = new Map<string, Verdict>();
  const analyzer = createAnalyzer(config, shellScanner);
  for (const action of actions) verdicts.set(action.id, await verdictOn(action, analyzer, signal));
  return {
    riskOf: ({ id }) => verdicts.get(id)?.risk ?? "UNKNOWN",
    findings: {
      analyzer: config.kind,
      risks: Object.fromEntries([...verdicts].map(([id, { risk }]) => [id, risk])),
      details: Object.fromEntries(
        [...verdicts].flatMap(([id, { details }]) => (details ? [[id, details]] : [])),
      ),
    },
  };
}

/** Whether there is nothing to rate: no action at all, or the agent only ends its work or thinks. */
export function isHarmlessAlone(actions: readonly ActionEvent[]): boolean {
  const kind = actions[0]?.action?.kind;
  return (
    actions.length === 0 || (actions.length === 1 && (kind === "FinishAction" || kind === "ThinkAction"))
  );
}

async function verdictOn(
  action: ActionEvent,
  analyzer: Promise<Analyzer>,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    signal.throwIfAborted();
    const risk = (async () => (await analyzer)(action))();
    return { risk: await untilAborted(risk, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { risk: "HIGH", details: { error: messageOf(error) } };
  }
}
