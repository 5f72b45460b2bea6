/** The place of the one document that has the settings of a server. */
export const SETTINGS_KIND = "settings";
export const SETTINGS_NAME = "settings";
