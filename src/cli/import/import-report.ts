import type { ConversationImport } from "../../conversations/import/import-conversation.ts";
import type { DocumentImport } from "../../settings/import/document-files.ts";

/** Lines of one part of the report. What is more is counted. */
const MAX_LINES = 100;

/** Counts what an import has done, and tells what needs the user's attention. */
export class ImportReport {
  readonly #counts = { conversations: 0, events: 0, documents: 0, presentDocuments: 0, lost: 0 };
  readonly #present = new Lines();
  readonly #refused = new Lines();
  readonly #lost = new Lines();
  readonly #notes = new Lines();
  readonly #installed = new Lines();

  /** Whether nothing is left out. */
  get isWhole(): boolean {
    return this.#refused.count === 0 && this.#lost.count === 0;
  }

  addConversation({ id, outcome, events, faults, lost, notes }: ConversationImport): void {
    if (outcome === "present") this.#present.add(`conversation ${id}`);
    if (outcome === "imported") {
      this.#counts.conversations += 1;
      this.#counts.events += events;
    }
    for (const { file, reason } of faults) this.#refused.add(`${file}: ${reason}`);
    if (lost.length > 0) this.#addLost(`conversation ${id} (${lost.slice(0, 5).join(", ")})`, lost.length);
    for (const note of notes) this.#notes.add(`conversation ${id}: ${note}`);
  }

  /** Installed skills and plugins stay in their data folder, which a server finds or not. */
  addInstalled(folder: string, { isFound }: { isFound: boolean }): void {
    this.#installed.add(
      isFound ? `${folder}: found there` : `${folder}: found with OH_PERSISTENCE_DIR=${folder}`,
    );
  }

  addDocument({ title, file, outcome, reason, lost }: DocumentImport): void {
    if (outcome === "imported") this.#counts.documents += 1;
    if (outcome === "present") this.#present.add(title);
    if (outcome === "refused") this.#refused.add(`${file}: ${title}: ${reason}`);
    if (lost > 0) this.#addLost(title, lost);
  }

  /** The report as text, with a line end. */
  text(): string {
    const { conversations, events, documents, lost } = this.#counts;
    return [
      `imported: ${conversations} conversations with ${events} events, ${documents} settings, secrets and profiles`,
      ...this.#present.under("were here before and are left alone"),
      ...this.#refused.under("files and documents could not be imported"),
      ...this.#lost.under(
        `hold secrets that no key opens (${lost} in all); they are kept as they are: set OH_SECRET_KEY to their key, or ` +
          "add it to OH_PREVIOUS_SECRET_KEYS, or set the secrets again",
      ),
      ...this.#notes.under("remarks on imported conversations"),
      ...this.#installed.under("folders hold installed skills or plugins, which stay where they are"),
      "",
    ].join("\n");
  }

  #addLost(line: string, count: number): void {
    this.#counts.lost += count;
    this.#lost.add(line);
  }
}

/** Lines that are kept up to a bound, and all counted. */
class Lines {
  readonly #kept: string[] = [];
  count = 0;

  add(line: string): void {
    this.count += 1;
    if (this.#kept.length < MAX_LINES) this.#kept.push(line);
  }

  under(title: string): string[] {
    if (this.count === 0) return [];
    const more = this.count - this.#kept.length;
    const lines = this.#kept.map((line) => `  ${line}`);
    return [`${this.count} ${title}:`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
  }
}
