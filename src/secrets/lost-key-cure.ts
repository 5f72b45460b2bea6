/** The ways out of secrets that were encrypted with another key, for the end of an error. */
export const LOST_KEY_CURE =
  "restore that key as OH_SECRET_KEY or add it to OH_PREVIOUS_SECRET_KEYS; if it is gone, stop the server and drop what it " +
  "encrypted with `agent-server reseal --forget-unreadable`";
