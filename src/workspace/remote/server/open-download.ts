import type { ByteRange } from "../../workspace-files.ts";
import { LostRequest, lost, Patience } from "./remote-failure.ts";
import type { ResolvedRemote } from "./remote-options.ts";
import type { RemoteServer } from "./remote-server.ts";

/** Bytes of one piece. */
const PIECE = 256 * 1024;

export interface DownloadOptions {
  server: RemoteServer;
  remote: ResolvedRemote;
  path: string;
  range: ByteRange;
}

/**
 * Opens a file of the other machine. Resolves with its first piece at hand: from then on the other server holds it
 * open. null when the other server refuses the path. A range that is not there is empty. Never gives more than was
 * asked for, and fails when no piece comes for as long as the patience lasts.
 */
export async function openDownload({ server, remote, path, range }: DownloadOptions) {
  const { offset = 0, length } = range;
  const leaving = new AbortController();
  const response = await server.download(path, range, { signal: leaving.signal });
  if (response.status === 416) {
    await response.body?.cancel();
    return new Response("").body ?? emptyStream();
  }
  if ([400, 403, 404].includes(response.status)) {
    await response.body?.cancel();
    return null;
  }
  if (!response.ok) throw await server.refused(response);
  if (response.status === 206 && !isRangeFrom(response, offset)) {
    await response.body?.cancel();
    throw lost(remote, "it gives another range of a file than was asked for");
  }
  const skipped = response.status === 206 ? 0 : offset;
  const bytes = within(piecesOf(response, { remote, leaving }), { skipped, length });
  const first = await bytes.next();
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        if (first.done) return controller.close();
        controller.enqueue(first.value);
      },
      async pull(controller) {
        const { done, value } = await bytes.next();
        if (done) return controller.close();
        controller.enqueue(value);
      },
      async cancel() {
        leaving.abort();
        await bytes.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function isRangeFrom(response: Response, offset: number): boolean {
  return new RegExp(`^bytes ${offset}-`).test(response.headers.get("content-range") ?? "");
}

async function* piecesOf(
  response: Response,
  { remote, leaving }: { remote: ResolvedRemote; leaving: AbortController },
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const patience = new Patience(remote.patience);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  patience.signal.addEventListener("abort", () => late.reject(patience.signal.reason));
  try {
    for (;;) {
      patience.begin();
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      patience.end();
      if (done) return;
      for (let at = 0; at < value.length; at += PIECE) yield value.subarray(at, at + PIECE);
    }
  } catch (error) {
    throw new LostRequest(remote, error);
  } finally {
    patience.end();
    // Ends the request, unless it has ended.
    reader.cancel().catch(() => {});
    leaving.abort();
  }
}

/** The bytes of a range, whatever else comes. */
async function* within(
  pieces: AsyncGenerator<Uint8Array>,
  { skipped, length = Number.POSITIVE_INFINITY }: { skipped: number; length: number | undefined },
): AsyncGenerator<Uint8Array> {
  let passed = 0;
  const end = skipped + length;
  for await (const piece of pieces) {
    const wanted = piece.subarray(Math.max(0, skipped - passed), Math.max(0, end - passed));
    passed += piece.length;
    if (wanted.length > 0) yield wanted;
    if (passed >= end) return;
  }
}
