/** A word that sh, bash and zsh read as exactly `text`. Without `''` in it, which zsh's RC_QUOTES reads as a quote. */
export function shQuote(text: string): string {
	if (text === "") return '""';
	return text
		.split("'")
		.map((part) => (part === "" ? "" : `'${part}'`))
		.join("\\'");
}

/** As `shQuote`, without quotes where no shell reads anything into the word. */
export function shWord(text: string): string {
	return /^[A-Za-z0-9/._+,@%:-]+$/.test(text) ? text : shQuote(text);
}

/** A word that fish reads as exactly `text`. */
export function fishQuote(text: string): string {
	return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
