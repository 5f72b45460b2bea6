import { messageOf } from "../../../errors.ts";
import { untilAborted } from "../../../waiting.ts";
import type { SecurityAnalyzer, SecurityRisk } from "../../../wire/agent/policies.ts";
import type { ActionEvent, SecurityAnalysisEvent } from "../../../wire/events/events.ts";
import { type AnalyzerHost, Unrated } from "../../security/analyzer-host.ts";
import { createAnalyzer } from "../../security/create-analyzer.ts";
import type { Analyzer } from "../../security/risk.ts";

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
  /** Services of analyzers. Its signal ends the analysis. */
  host: AnalyzerHost;
}

/** Actions that are rated at once: a service may take its time with each. */
const AT_ONCE = 4;

interface Verdict {
  risk: SecurityRisk;
  details?: Record<string, unknown>;
}

const NOT_ANALYSED: RiskAnalysis = { riskOf: () => "UNKNOWN" };

/**
 * Asks the analyzer about every action. One that it cannot rate is UNKNOWN. One that it fails on is HIGH, and so are
 * all when it cannot be made. The details say why. Rejects with the reason of the signal once that is aborted.
 */
export async function analyseRisks(
  actions: readonly ActionEvent[],
  { config, host }: AnalysisOptions,
): Promise<RiskAnalysis> {
  if (config === null || isHarmlessAlone(actions)) return NOT_ANALYSED;
  host.signal.throwIfAborted();
  const analyzer = createAnalyzer(config, host);
  const verdicts = new Map<string, Verdict>();
  for (let first = 0; first < actions.length; first += AT_ONCE) {
    const some = actions.slice(first, first + AT_ONCE);
    const found = await Promise.all(
      some.map(async (action) => [action.id, await verdictOn(action, analyzer, host.signal)] as const),
    );
    for (const [id, verdict] of found) verdicts.set(id, verdict);
  }
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
    const risk = error instanceof Unrated ? "UNKNOWN" : "HIGH";
    return { risk, details: { error: messageOf(error) } };
  }
}
