/** A word that sh, bash and zsh read as exactly `text`. Without `''` in it, which zsh's RC_QUOTES reads as a quote. */
export function shQuote(text: string): string {
	if (text === "") return '""';
	return text
		.split("'")
		.map((part) => (part === "" ? "" : `'${part}'`))
		.join("\\'");
}

/** A word that fish reads as exactly `text`. */
export function fishQuote(text: string): string {
	return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
