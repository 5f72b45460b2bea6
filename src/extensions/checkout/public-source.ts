/** Where the extensions that everyone is offered lie. */
export interface PublicSource {
  /** A repository, or a folder of this machine that is read as it is. */
  source: string;
  /** Branch, tag or commit of the repository. */
  ref: string;
}

/** The extensions that everyone is offered, in the reference as well. */
export const DEFAULT_PUBLIC_SOURCE: PublicSource = {
  source: "https://github.com/OpenHands/extensions",
  ref: "main",
};
