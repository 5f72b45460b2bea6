/** Something open that can be ended, such as a socket. */
export interface Endable {
  close(code: number, reason: string): void;
  /** Adds a listener that is called once. */
  onClose(listener: () => void): void;
}

/** Makes a response whose body can be ended before its time, and the way to end it. */
export function endableResponse(response: Response): { response: Response; stream: Endable } | undefined {
  const { body, status, statusText, headers } = response;
  if (body === null) return undefined;
  let ending: TransformStreamDefaultController<Uint8Array> | undefined;
  const passed = new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      ending = controller;
    },
  });
  const ended = body.pipeTo(passed.writable).catch(() => undefined);
  return {
    response: new Response(passed.readable, { status, statusText, headers }),
    stream: { close: () => ending?.terminate(), onClose: (listener) => void ended.then(listener) },
  };
}

/** Whether a response is a stream of server-sent events, which may go on for as long as its client wants. */
export function isEventStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}
