import { byId, setText } from "./elements.ts";
import type { Server } from "./server.ts";

interface Action {
  name: string;
  path: string;
  body?: object;
}

/** Buttons for a run: to stop it, let it go on, and answer what it asks. */
export class Actions {
  readonly #server: Server;
  readonly #base: string;
  readonly #place = byId("actions");
  #shown = "";

  constructor(server: Server, id: string) {
    this.#server = server;
    this.#base = `api/conversations/${id}/`;
    this.#place.replaceChildren();
    setText(byId("fault"), "");
  }

  /** Shows what is possible. `waiting`: ids of the calls that the user sees as open; an answer is about these alone. */
  draw(status: string, waiting: readonly string[]): void {
    const actions = actionsOf(status, waiting);
    const shown = JSON.stringify(actions);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#place.replaceChildren(...actions.map((action) => this.#button(action)));
  }

  #button(action: Action): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.name;
    button.addEventListener("click", () => void this.#do(action, button));
    return button;
  }

  async #do({ name, path, body }: Action, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    setText(byId("fault"), "");
    try {
      await this.#server.post(this.#base + path, body);
    } catch (error) {
      setText(byId("fault"), `${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    button.disabled = false;
  }
}

function actionsOf(status: string, waiting: readonly string[]): Action[] {
  switch (status) {
    case "":
    case "deleting":
      return [];
    case "running":
      return [
        { name: "Pause", path: "pause" },
        { name: "Interrupt", path: "interrupt" },
      ];
    case "waiting_for_confirmation": {
      // Calls that are not on the page are not answered from it.
      if (waiting.length === 0) return [];
      const path = "events/respond_to_confirmation";
      return [
        { name: "Approve", path, body: { accept: true, action_ids: waiting } },
        { name: "Reject", path, body: { accept: false, action_ids: waiting } },
      ];
    }
    default:
      return [{ name: "Run", path: "run" }];
  }
}
