import { ConversationList } from "./conversation-list.ts";
import { ConversationView } from "./conversation-view.ts";
import { byId, setText } from "./elements.ts";
import { KeyRefused, Server } from "./server.ts";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const server = new Server();
const keyField = byId<HTMLInputElement>("key");
let shown: ConversationView | undefined;

const list = new ConversationList({
  server,
  onLook(error) {
    if (error instanceof KeyRefused) askForKey(error.message);
    else if (error !== undefined)
      say(`Not connected: ${error instanceof Error ? error.message : String(error)}`);
    else open();
  },
});

byId<HTMLFormElement>("login").addEventListener("submit", (event) => {
  event.preventDefault();
  server.key = keyField.value;
  keyField.value = "";
  void list.refresh();
});
byId("forget").addEventListener("click", () => {
  server.key = null;
  location.reload();
});
window.addEventListener("hashchange", show);
void list.refresh();

/** Shows the server to a user whom it admits. */
function open(): void {
  const login = byId("login");
  const isNew = byId("work").hidden;
  login.hidden = true;
  byId("work").hidden = false;
  byId("forget").hidden = server.key === null;
  if (isNew) show();
  else list.mark(idOfPlace());
}

/** Asks for a key, and says why unless none was shown. Nothing of the server stays on the page. */
function askForKey(reason: string): void {
  list.stop();
  shown?.close();
  shown = undefined;
  byId("work").hidden = true;
  byId("rows").replaceChildren();
  byId("forget").hidden = true;
  byId("login").hidden = false;
  setText(byId("refusal"), server.key === null ? "" : reason);
  server.key = null;
  say("");
  keyField.focus();
}

/** Shows the conversation that the address names. */
function show(): void {
  const id = idOfPlace();
  shown?.close();
  shown = undefined;
  byId("hint").hidden = id !== undefined;
  byId("shown").hidden = id === undefined;
  list.mark(id);
  say(id === undefined ? "" : "Connecting");
  if (id !== undefined) shown = new ConversationView(server, id, say);
}

function idOfPlace(): string | undefined {
  const id = location.hash.slice(1).toLowerCase();
  return ID.test(id) ? id : undefined;
}

function say(words: string): void {
  setText(byId("connection"), words);
}
