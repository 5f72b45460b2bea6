/** A pattern of an analyzer as the protocol has it: regular expression, description and id. */
export type WirePattern = [regex: string, description: string, id: string];

/** The lists of a pattern analyzer. The first two are for executed texts, the others for any text. */
export type PatternField =
  | "high_patterns"
  | "medium_patterns"
  | "injection_high_patterns"
  | "injection_medium_patterns";

/** The patterns of an analyzer that is configured without this list, as clients know them from the reference. */
export function builtInPatterns(field: PatternField): WirePattern[] {
  switch (field) {
    case "high_patterns":
      return [
        [
          String.raw`\brm\s+(?:-[frR]{2,}|-[rR]\s+-f|-f\s+-[rR]|--recursive\s+--force|--force\s+--recursive)\b`,
          "Deletes folders without asking",
          "exec.destruct.rm_rf",
        ],
        [String.raw`\bsudo\s+rm\b`, "Deletes as the administrator", "exec.destruct.sudo_rm"],
        [String.raw`\bmkfs\.\w+`, "Formats a file system", "exec.destruct.mkfs"],
        [String.raw`\bdd\b.{0,100}of=/dev/`, "Writes to a device", "exec.destruct.dd_raw_disk"],
        [String.raw`\beval\s*\(`, "Evaluates text as code", "exec.code.eval_call"],
        [String.raw`\bexec\s*\(`, "Runs text as code", "exec.code.exec_call"],
        [String.raw`\bos\.system\s*\(`, "Runs a shell command from Python", "exec.code.os_system"],
        [
          String.raw`\bsubprocess\.(?:call|run|Popen|check_output|check_call)\s*\(`,
          "Starts a program from Python",
          "exec.code.subprocess",
        ],
        [
          String.raw`\bcurl\b[^|]{0,200}\|\s*(?:ba)?sh\b`,
          "Runs what curl fetches",
          "exec.net.curl_pipe_exec",
        ],
        [
          String.raw`\bwget\b[^|]{0,200}\|\s*(?:ba)?sh\b`,
          "Runs what wget fetches",
          "exec.net.wget_pipe_exec",
        ],
      ];
    case "medium_patterns":
      return [
        [String.raw`\bcurl\b.{0,100}https?://`, "Asks a server with curl", "exec.net.curl"],
        [String.raw`\bwget\b.{0,100}https?://`, "Fetches a file with wget", "exec.net.wget"],
      ];
    case "injection_high_patterns":
      return [
        [
          String.raw`\b(?:ignore|disregard|forget|override|bypass)\s+(?:all\s+)?(?:previous|prior|above)\s+(?:instructions?|prompts?|rules?|directives?)\b`,
          "Tells the agent to drop its instructions",
          "inject.override",
        ],
      ];
    case "injection_medium_patterns":
      return [
        [
          String.raw`\byou\s+are\s+now\s+(?:in\s+)?(?:\w+\s+)?mode\b`,
          "Tells the agent that it is in another mode",
          "inject.mode_switch",
        ],
        [
          String.raw`\bpretend\s+(?:you\s+are|to\s+be)\s+(?:a\s+)?different\b`,
          "Tells the agent to be somebody else",
          "inject.identity",
        ],
      ];
  }
}
