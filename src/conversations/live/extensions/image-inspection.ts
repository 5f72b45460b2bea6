import type { ExtensionHost, LoopContext, LoopExtension } from "../../../agent/loop/extension.ts";
import type { Llm } from "../../../llm/llm.ts";
import { INSPECT_IMAGE, inspectImageTool } from "../../../tools/inspect-image/inspect-image-tool.ts";
import type { Tool } from "../../../tools/tool.ts";
import { namesImageTool } from "../../../tools/toolbox/resolve-tools.ts";
import { type Content, type Message, text } from "../../../wire/events/message.ts";
import type { ProfileSource } from "../../launch/agent-profiles.ts";

export interface ImageInspectionParts {
  host: Pick<ExtensionHost, "state" | "createLlm">;
  /** The saved models. */
  profiles: ProfileSource;
}

/**
 * Lets an agent whose model sees no images ask a saved model that does: it has a tool for that, and reads in the place
 * of each image of the user's last message with images that there is one. Also after a switch to such a model.
 */
export class ImageInspection implements LoopExtension {
  readonly name = "image-inspection";
  readonly #parts: ImageInspectionParts;
  /** The model for which the tool was last looked for. */
  #judged: Llm | null = null;
  #tool: Tool | null = null;
  /** The images that the last prompt stands for in words. */
  #images: readonly string[] | null = null;
  readonly #told = new WeakMap<Message, Message>();

  constructor(parts: ImageInspectionParts) {
    this.#parts = parts;
  }

  async start(context: LoopContext): Promise<undefined> {
    await this.#offer(context);
  }

  async beforeModel(context: LoopContext): Promise<undefined> {
    await this.#offer(context);
  }

  prompt(messages: readonly Message[], { llm, tools }: LoopContext): readonly Message[] | undefined {
    if (llm.vision !== false || tools.get(INSPECT_IMAGE) === undefined) return undefined;
    const index = indexOfImages(messages);
    const message = messages[index];
    if (message === undefined) return undefined;
    this.#images = imagesIn(message);
    return messages.with(index, this.#tell(message));
  }

  /** Adds the tool, once a model needs it or the agent asks for it, and some saved model sees images. */
  async #offer(context: LoopContext): Promise<void> {
    const { llm, tools, view } = context;
    if (this.#judged === llm || this.#tool !== null) return;
    const { state } = this.#parts.host;
    const isNeeded = llm.vision === false || namesImageTool(state.agent);
    const profiles = isNeeded ? await this.#seeing() : [];
    // Not before: a store that fails meanwhile is asked again.
    this.#judged = llm;
    if (profiles.length === 0 || tools.get(INSPECT_IMAGE) !== undefined) return;
    this.#tool = inspectImageTool({
      profiles,
      images: () => this.#images ?? imagesOf(view.messages()),
    });
    tools.add(this.#tool);
  }

  /** Names of the profiles whose models are known to see images. Those that cannot be used are left out. */
  async #seeing(): Promise<string[]> {
    const { host, profiles } = this.#parts;
    const names = (await profiles.modelNames()).sort();
    const sees = await Promise.all(
      names.map(async (name) => {
        const config = await profiles.model(name).catch(() => null);
        return config !== null && host.createLlm(config).vision === true;
      }),
    );
    return names.filter((_, index) => sees[index]);
  }

  #tell(message: Message): Message {
    const known = this.#told.get(message);
    if (known !== undefined) return known;
    const told = { ...message, content: withoutImages(message.content) };
    this.#told.set(message, told);
    return told;
  }
}

function indexOfImages(messages: readonly Message[]): number {
  return messages.findLastIndex((message) => message.role === "user" && imagesIn(message).length > 0);
}

function imagesOf(messages: readonly Message[]): string[] {
  const message = messages[indexOfImages(messages)];
  return message === undefined ? [] : imagesIn(message);
}

function imagesIn({ content }: Message): string[] {
  return content.flatMap((part) => (part.type === "image" ? part.image_urls : []));
}

/** Puts a sentence in the place of each image, with its number from 0. */
function withoutImages(content: readonly Content[]): Content[] {
  let number = 0;
  return content.flatMap((part) =>
    part.type === "text" ? [part] : part.image_urls.map(() => text(placeOf(number++))),
  );
}

function placeOf(number: number): string {
  return (
    `[Here the user has attached image ${number}, which you cannot see. Ask about it with ${INSPECT_IMAGE} and ` +
    `image_index ${number}.]`
  );
}
