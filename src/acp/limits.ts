/** Bytes of one message of a program. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Lines of something else than messages that are logged; the rest is dropped. */
export const MAX_LOGGED_LINES = 200;

/** Characters of a logged line. */
export const MAX_LOGGED_LINE = 4_000;

/** Milliseconds for `authenticate`. */
export const AUTHENTICATION_TIMEOUT = 30_000;

/** Milliseconds for the packages of a program to be fetched before it starts. */
export const FETCH_TIMEOUT = 300_000;

/** Milliseconds that a program has to end a prompt that was cancelled. */
export const CANCEL_TIMEOUT = 2_000;

/** Milliseconds before a prompt is sent again, by attempt. */
export const RETRY_DELAYS: readonly number[] = [5_000, 15_000, 30_000];

/** Characters of a text in the event of a tool call. */
export const MAX_EVENT_TEXT = 30_000;

/** Characters of all texts in the event of a tool call. */
export const MAX_EVENT_CHARACTERS = 400_000;

/** Levels of nesting in the event of a tool call. */
export const MAX_EVENT_DEPTH = 16;

/** Entries of one list or map in the event of a tool call. */
export const MAX_EVENT_ENTRIES = 1_000;

/** Tool calls of one turn that are shown. */
export const MAX_TOOL_CALLS = 2_000;

/** Times that a plan is shown in one turn. */
export const MAX_PLANS = 100;

/** Characters of the answer of one turn, and of its thoughts. */
export const MAX_ANSWER_CHARACTERS = 1024 * 1024;

/** Images in the answer of one turn, and characters of all of them as Base64. */
export const MAX_IMAGES = 20;
export const MAX_IMAGE_CHARACTERS = 8 * 1024 * 1024;

/** Updates that wait to be stored before the program has to wait. */
export const MAX_WAITING_UPDATES = 256;

/** Models of a program. */
export const MAX_MODELS = 1_000;

/** Requests of a program to the user or the machine that are open at a time. */
export const MAX_OPEN_REQUESTS = 64;

/** Terminals of one session. */
export const MAX_TERMINALS = 32;

/** Bytes of the output of a terminal that are kept, unless the program asks for fewer. */
export const MAX_TERMINAL_BYTES = 1024 * 1024;

/** Bytes of a file that is read. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Characters of an error in the log. */
export const MAX_DETAIL = 500;
