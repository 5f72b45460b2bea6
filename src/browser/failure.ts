/** A verb that cannot be done, in words for the model. */
export class BrowserFailure extends Error {
  override readonly name = "BrowserFailure";
  /** Whether something did not answer in time, as it is when a browser hangs. */
  readonly timedOut: boolean;

  constructor(message: string, { timedOut = false, cause }: { timedOut?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.timedOut = timedOut;
  }
}

const MAX_LENGTH = 600;

/** Makes a failure of what the browser or its driver threw. */
export function toFailure(error: unknown): BrowserFailure {
  if (error instanceof BrowserFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  // The driver adds a log of what it did, and the name of its function before.
  const [said = ""] = message.split(/\n(?:Call log|=====)/);
  const plain = said
    .replace(/^[\w.]+: /, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_LENGTH);
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  return new BrowserFailure(`The browser could not do this: ${plain}`, { timedOut, cause: error });
}

/** Settles like the work, or rejects with a failure that says who did not answer. */
export async function withinTime<T>(work: Promise<T>, milliseconds: number, who: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new BrowserFailure(`${who} did not answer within ${milliseconds / 1000} s.`, { timedOut: true }),
      );
    }, milliseconds);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
