/** Milliseconds that all servers of a conversation have to start together. */
export const START_TIMEOUT = 30_000;

/** Milliseconds that a tool has for its answer, unless the configuration of the server says otherwise. */
export const CALL_TIMEOUT = 300_000;

/** Milliseconds of the longest time that a configuration may give a tool. */
export const LONGEST_CALL = 3_600_000;

/** Bytes of one message of a server. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** Servers of one conversation that may be connected. */
export const MAX_SERVERS = 50;

/** Tools of one server. Providers take some hundreds. */
export const MAX_TOOLS = 512;

/** Answers that a list of tools may be spread over. */
export const MAX_PAGES = 64;

/** Characters of the definition of one tool as JSON. */
export const MAX_TOOL_CHARACTERS = 128 * 1024;

/** Characters of the definitions of all tools of a server. */
export const MAX_LIST_CHARACTERS = 4 * 1024 * 1024;

/** Characters of text in one result. */
export const MAX_RESULT_CHARACTERS = 1024 * 1024;

/** Characters of images in one result, as Base64. */
export const MAX_IMAGE_CHARACTERS = 8 * 1024 * 1024;

/** Parts of one result. */
export const MAX_RESULT_PARTS = 200;

/** Milliseconds between two looks at a list of tools that changes. */
export const LIST_PAUSE = 1_000;

/** Times that a server may be started again within `RESTART_WINDOW` milliseconds. */
export const MAX_RESTARTS = 5;
export const RESTART_WINDOW = 10 * 60 * 1000;
