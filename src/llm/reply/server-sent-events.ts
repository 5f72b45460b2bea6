/**
 * Reads a stream of server-sent events and yields the data of each. Takes time linear in the length of the stream,
 * however it is cut into chunks. An event that the end of the stream cuts off is dropped, as the standard says.
 */
export async function* readServerSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const lines = new LineBuffer();
  let data: string[] = [];
  for await (const chunk of body) {
    for (const line of lines.add(decoder.decode(chunk, { stream: true }))) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      if (line !== "" || data.length === 0) continue;
      yield data.join("\n");
      data = [];
    }
  }
}

/** Cuts text into lines that end with LF, CR or both. */
class LineBuffer {
  /** Pieces of the line whose end has not arrived. */
  #pieces: string[] = [];
  #endedWithCr = false;

  /** Returns the lines that the text completes. */
  add(text: string): string[] {
    if (text === "") return [];
    // An LF that follows the CR of the text before belongs to the same line end.
    const rest = this.#endedWithCr && text.startsWith("\n") ? text.slice(1) : text;
    this.#endedWithCr = text.endsWith("\r");
    const lines = rest.split(/\r\n|\n|\r/);
    const unfinished = lines.pop() ?? "";
    const [first] = lines;
    if (first !== undefined) {
      lines[0] = this.#pieces.join("") + first;
      this.#pieces = [];
    }
    if (unfinished !== "") this.#pieces.push(unfinished);
    return lines;
  }
}
