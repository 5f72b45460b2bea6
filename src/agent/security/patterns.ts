import { builtInPatterns, type PatternField } from "../../wire/agent/built-in-patterns.ts";

/** Letters and digits of all scripts: what hides a word in a longer one need not be ASCII. */
const WORD = String.raw`[\p{L}\p{N}_]`;
const EDGE = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
/** A letter without regard to case. The Turkish forms have no partner in the case rules of regular expressions. */
const LETTER_I = "[iıİ]";

/** Compiles a pattern in which white space is single, as in the texts that are searched. */
function pattern({ raw }: TemplateStringsArray): RegExp {
  const source = raw.join("").replace(/(?<!\(\?)i/g, LETTER_I);
  return new RegExp(source.replaceAll("\\b", EDGE).replaceAll("\\w", WORD), "iu");
}

/**
 * Expressions that find what the built-in patterns of these ids are for, also where letters are disguised. Spans are
 * bounded, so that no text makes a search slow.
 */
const STRONGER: Readonly<Record<string, RegExp>> = {
  "exec.destruct.rm_rf": pattern`\brm\s(?:-[frR]{2,}|-[rR]\s-f|-f\s-[rR]|--recursive\s--force|--force\s--recursive)\b`,
  "exec.destruct.sudo_rm": pattern`\bsudo\srm\b`,
  "exec.destruct.mkfs": pattern`\bmkfs\.\w`,
  "exec.destruct.dd_raw_disk": pattern`\bdd\b.{0,100}of=/dev/`,
  "exec.code.eval_call": pattern`\beval\s?\(`,
  "exec.code.exec_call": pattern`\bexec\s?\(`,
  "exec.code.os_system": pattern`\bos\.system\s?\(`,
  "exec.code.subprocess": pattern`\bsubprocess\.(?:call|run|popen|check_output|check_call)\s?\(`,
  "exec.net.curl_pipe_exec": pattern`\bcurl\b[^|]{0,200}\|\s?(?:ba)?sh\b`,
  "exec.net.wget_pipe_exec": pattern`\bwget\b[^|]{0,200}\|\s?(?:ba)?sh\b`,
  "exec.net.curl": pattern`\bcurl\b.{0,100}https?://`,
  "exec.net.wget": pattern`\bwget\b.{0,100}https?://`,
  "inject.override": pattern`\b(?:ignore|disregard|forget|override|bypass)\s(?:all\s)?(?:previous|prior|above)\s(?:instruction|prompt|rule|directive)s?\b`,
  "inject.mode_switch": pattern`\byou\sare\snow\s(?:in\s)?(?:\w{1,40}\s)?mode\b`,
  "inject.identity": pattern`\bpretend\s(?:you\sare|to\sbe)\s(?:a\s)?different\b`,
};

const FIELDS: readonly PatternField[] = [
  "high_patterns",
  "medium_patterns",
  "injection_high_patterns",
  "injection_medium_patterns",
];

/**
 * The stronger expression for a built-in pattern; undefined for any other. A client that sends back the lists it was
 * shown gets no weaker analyzer for it.
 */
export function strongerPattern(regex: string): RegExp | undefined {
  const builtIn = FIELDS.flatMap(builtInPatterns).find(([source]) => source === regex);
  return builtIn && STRONGER[builtIn[2]];
}
