/**
 * Receiver of the library's reports. Fields come first, so that structured loggers such as pino fit without a wrapper.
 */
export interface Logger {
  /** Reports details for debugging. */
  debug(fields: object, message: string): void;
  /** Reports normal operation. */
  info(fields: object, message: string): void;
  /** Reports a problem that the server has handled. */
  warn(fields: object, message: string): void;
  /** Reports a failure, such as a 5xx answer. */
  error(fields: object, message: string): void;
}

/** A logger without output. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
