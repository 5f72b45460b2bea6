import { setImmediate } from "node:timers/promises";

/** Characters that are searched between two pauses. */
const STEP = 4_000_000;

/** Selects the names that occur in a text, in any case. Pauses now and then, for a long text and many names. */
export async function namesIn(text: string, names: Iterable<string>): Promise<string[]> {
  const lowerCase = text.toLowerCase();
  const present: string[] = [];
  let characters = 0;
  for (const name of names) {
    characters += text.length;
    if (characters > STEP) {
      characters = 0;
      await setImmediate();
    }
    if (name !== "" && lowerCase.includes(name.toLowerCase())) present.push(name);
  }
  return present;
}

/** Whether a text has a name that is not part of a longer one. */
export function hasWord(text: string, name: string): boolean {
  for (let place = text.indexOf(name); place !== -1; place = text.indexOf(name, place + 1)) {
    if (!isWordCharacter(text[place - 1]) && !isWordCharacter(text[place + name.length])) return true;
    if (name === "") return false;
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /\w/.test(character);
}
