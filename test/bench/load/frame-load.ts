/** A process: follows URLs with many sockets and says when all have had so many frames. */
import { answerBench } from "../child.ts";
import { FrameReader } from "./frame-reader.ts";

let readers: FrameReader[] = [];
let stalled: FrameReader[] = [];

answerBench(async ({ urls, sockets, frames, stall, close }) => {
  if (Array.isArray(urls)) {
    readers = Array.from(
      { length: Number(sockets) },
      (_, index) => new FrameReader(urls[index % urls.length]),
    );
    await Promise.all(readers.map((reader) => reader.until(1)));
  } else if (typeof stall === "number") {
    stalled = readers.splice(0, stall);
    for (const reader of stalled) reader.socket.pause();
  } else if (close === true) {
    for (const reader of [...readers.splice(0), ...stalled.splice(0)]) reader.socket.destroy();
  } else {
    await Promise.all(readers.map((reader) => reader.until(Number(frames))));
  }
});
