import type { Place } from "../../workspace/place.ts";
import type { MachineScope, ScopeParams } from "./machine-scope.ts";

/** An answer whose bytes are made while they are sent. */
export interface MadeBody {
  pieces: AsyncGenerator<Uint8Array, void, void>;
  headers: Record<string, string>;
}

/** Milliseconds after which a client that takes nothing has left. */
const STALLED = 2 * 60 * 1000;

/**
 * Answers 200 with bytes that are made at a place, which stays open until they are sent or the client has left. The
 * first piece is made before the answer begins, so that its status reports a failure until then. A later one breaks
 * the answer off.
 */
export function answerWhileMade(
  scope: MachineScope,
  params: ScopeParams,
  begin: (place: Place) => Promise<MadeBody>,
): Promise<Response> {
  const answer = Promise.withResolvers<Response>();
  const using = scope.use(params, async (place) => {
    const { response, ended } = await answerMade(await begin(place));
    answer.resolve(response);
    await ended;
  });
  using.catch(answer.reject);
  return answer.promise;
}

/** Answers 200 with bytes that are made, and says when they are sent or the client has left. */
export async function answerMade({
  pieces,
  headers,
}: MadeBody): Promise<{ response: Response; ended: Promise<void> }> {
  const first = await pieces.next();
  const ended = Promise.withResolvers<void>();
  const stream = streamOf(first, { pieces, ended: ended.resolve });
  return { response: new Response(stream, { headers }), ended: ended.promise };
}

/** A stream of pieces that makes the next one when it is asked for. */
function streamOf(
  first: IteratorResult<Uint8Array, void>,
  { pieces, ended }: { pieces: MadeBody["pieces"]; ended(): void },
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array, void> | undefined = first;
  let stalled: ReturnType<typeof setTimeout> | undefined;
  const end = async () => {
    clearTimeout(stalled);
    await pieces.return().catch(() => {});
    ended();
  };
  const waitForReader = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    stalled = setTimeout(() => {
      controller.error(new Error("the client of an archive takes nothing"));
      void end();
    }, STALLED);
    stalled.unref?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start: waitForReader,
      async pull(controller) {
        clearTimeout(stalled);
        try {
          const { done, value } = next ?? (await pieces.next());
          next = undefined;
          if (!done) {
            controller.enqueue(value);
            waitForReader(controller);
            return;
          }
          controller.close();
          ended();
        } catch (error) {
          ended();
          throw error;
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
