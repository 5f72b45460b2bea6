import { withoutSpace } from "../../../src/secrets/masking/hashed-text.ts";
import { SECRET_MASK } from "../../../src/secrets/masking/secret-mask.ts";
import { spellingsOf } from "../../../src/secrets/masking/spellings.ts";

/** Masks by looking for every spelling at every place: what `SecretMask` does, in plain code and slowly. */
export function naiveMask(text: string, values: readonly string[]): string {
  const visible = [...text].flatMap((character, index) => (withoutSpace(character) === "" ? [] : [index]));
  const folded = visible.map((index) => text[index]).join("");
  const matches = values.flatMap((value) => {
    if (withoutSpace(value).length < 8) {
      return placesOf(value, text).map((from) => ({ from, to: from + value.length }));
    }
    return spellingsOf(value).flatMap((spelling) => {
      const pattern = withoutSpace(spelling);
      return placesOf(pattern, folded).map((start) => ({
        from: visible[start] ?? 0,
        to: (visible[start + pattern.length - 1] ?? 0) + 1,
      }));
    });
  });
  matches.sort((left, right) => left.from - right.from);
  let masked = "";
  let end = 0;
  let hiddenTo = 0;
  for (const { from, to } of matches) {
    if (from >= hiddenTo) {
      masked += text.slice(end, from) + SECRET_MASK;
      hiddenTo = from;
    }
    hiddenTo = Math.max(hiddenTo, to);
    end = hiddenTo;
  }
  return masked + text.slice(end);
}

function placesOf(pattern: string, text: string): number[] {
  const places: number[] = [];
  for (let place = text.indexOf(pattern); place !== -1; place = text.indexOf(pattern, place + 1)) {
    places.push(place);
  }
  return places;
}

/** Numbers below a bound that look random and are the same in every run. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

export function randomText(random: (below: number) => number, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[random(alphabet.length)]).join("");
}
