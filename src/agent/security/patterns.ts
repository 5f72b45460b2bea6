/** A recursive, forced delete, in its common spellings. */
export const RECURSIVE_DELETE =
  /\brm\s+(?:-[frR]{2,}|-[rR]\s+-f|-f\s+-[rR]|--recursive\s+--force|--force\s+--recursive)\b/i;

/** A write to a disk device, past its file system. */
export const RAW_DISK_WRITE = /\bdd\b.{0,100}of=\/dev\//i;

/** Signs of high risk in executed texts. Spans are bounded, so that no text makes a search slow. */
export const HIGH_PATTERNS: readonly RegExp[] = [
  RECURSIVE_DELETE,
  /\bsudo\s+rm\b/i,
  /\bmkfs\.\w/i,
  RAW_DISK_WRITE,
  /\beval\s?\(/i,
  /\bexec\s?\(/i,
  /\bos\.system\s?\(/i,
  /\bsubprocess\.(?:call|run|popen|check_output|check_call)\s?\(/i,
  /\b(?:curl|wget)\b[^|]{0,200}\|\s?(?:ba)?sh\b/i,
];

/** Signs of medium risk in executed texts. */
export const MEDIUM_PATTERNS: readonly RegExp[] = [/\b(?:curl|wget)\b.{0,100}https?:\/\//i];

/** Signs of high risk in any text: attempts to give the agent other instructions. */
export const INJECTION_HIGH_PATTERNS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\s(?:all\s)?(?:previous|prior|above)\s(?:instruction|prompt|rule|directive)s?\b/i,
];

/** Signs of medium risk in any text. */
export const INJECTION_MEDIUM_PATTERNS: readonly RegExp[] = [
  /\byou\sare\snow\s(?:in\s)?(?:\w{1,40}\s)?mode\b/i,
  /\bpretend\s(?:you\sare|to\sbe)\s(?:a\s)?different\b/i,
];
