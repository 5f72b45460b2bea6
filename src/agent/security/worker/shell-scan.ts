import { judgeByRails } from "../rails/rails.ts";
import { findRecursiveDelete } from "../shell/recursive-delete.ts";
import type { ParseShell } from "../shell/syntax-node.ts";
import { type Verdict, worst } from "../shell/verdict.ts";

/** The danger that shell text is searched for. */
export type ScanKind = "rails" | "recursive-delete";

export interface ScanRequest {
  kind: ScanKind;
  /** Texts that are read one by one: two of them never add up to one danger. */
  texts: readonly string[];
}

export interface ScanReply {
  verdict: Verdict;
}

export function scanTexts({ kind, texts }: ScanRequest, parse: ParseShell): Verdict {
  let verdict: Verdict = "LOW";
  for (const text of texts) {
    verdict = worst(verdict, scanText(kind, text, parse));
    if (verdict === "HIGH") return verdict;
  }
  return verdict;
}

function scanText(kind: ScanKind, text: string, parse: ParseShell): Verdict {
  switch (kind) {
    case "rails":
      return judgeByRails(text, { parse });
    case "recursive-delete":
      return findRecursiveDelete(text, parse);
  }
}
