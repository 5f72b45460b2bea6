import { MAX_ANSWER_CHARACTERS, MAX_IMAGE_CHARACTERS, MAX_IMAGES } from "../limits.ts";

const CUT = "\n[… the rest of this answer was left out because it is too long …]";

/** The answer of a program in one turn, within bounds: its words, its thoughts and its images. */
export class Answer {
  readonly #text = new BoundedText();
  readonly #thoughts = new BoundedText();
  readonly #images: string[] = [];
  #imageCharacters = 0;

  get text(): string {
    return this.#text.value;
  }

  get thoughts(): string {
    return this.#thoughts.value;
  }

  /** Addresses of the images, with their data. */
  get images(): readonly string[] {
    return this.#images;
  }

  /** Adds words. False for those that there is no room for. */
  addText(words: string): boolean {
    return this.#text.add(words);
  }

  /** Adds words that the program says to itself. False for those that there is no room for. */
  addThought(words: string): boolean {
    return this.#thoughts.add(words);
  }

  addImage({ data, mimeType, uri }: { data: string; mimeType: string; uri?: string | null }): void {
    const url = data ? `data:${mimeType};base64,${data}` : (uri ?? "");
    const size = this.#imageCharacters + url.length;
    if (url === "" || this.#images.length >= MAX_IMAGES || size > MAX_IMAGE_CHARACTERS) return;
    this.#images.push(url);
    this.#imageCharacters = size;
  }
}

class BoundedText {
  #pieces: string[] = [];
  #length = 0;

  get value(): string {
    return this.#pieces.join("");
  }

  add(words: string): boolean {
    if (this.#length >= MAX_ANSWER_CHARACTERS) return false;
    const room = MAX_ANSWER_CHARACTERS - this.#length;
    this.#pieces.push(words.length > room ? words.slice(0, room) + CUT : words);
    this.#length += words.length;
    return true;
  }
}
