import { shQuote } from "./quoting.ts";
import type { Shell } from "./shell.ts";

/** Statements that sh, bash, zsh and fish (which has an `export`, and joins a quoted PATH by colons) read alike. */
export const posixEnvironment: Pick<Shell, "exporting" | "prepending"> = {
	exporting: (name, value) => `export ${name}=${shQuote(value)}`,
	prepending: (directory) => `export PATH=${shQuote(directory)}:"$PATH"`,
};
