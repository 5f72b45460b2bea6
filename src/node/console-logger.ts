import type { Logger } from "../logger.ts";

type Level = keyof Logger;

const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** Options of the console logger. */
export interface ConsoleLoggerOptions {
  /** The lowest level that is written. */
  level: Level;
  /** Name of the writer, at the front of every message. Default: none. */
  source?: string;
}

/**
 * Writes one line a message to standard error: time, level, message and fields. Fields are JSON, so that a line break
 * in one cannot imitate a line of the log.
 */
export function consoleLogger({ level: lowest, source }: ConsoleLoggerOptions): Logger {
  const prefix = source === undefined ? "" : `${source}: `;
  const writer = (level: Level) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(lowest)) return () => {};
    return (fields: object, message: string) => {
      const time = new Date().toISOString();
      process.stderr.write(`${time} ${level.toUpperCase().padEnd(5)} ${prefix}${message}${format(fields)}\n`);
    };
  };
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

function format(fields: object): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.map(([name, value]) => ` ${name}=${quote(plain(value))}`).join("");
}

/** Control characters and line ends that JSON does not escape and that some terminals act on. */
const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

function quote(value: unknown): string | undefined {
  return JSON.stringify(value)?.replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function plain(value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
