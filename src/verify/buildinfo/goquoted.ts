const simple: Readonly<Record<string, string>> = {
	a: "\u0007",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	'"': '"',
};

const literal = /^(?:`[^`]*`|"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*")/;

/** The Go string literal that a text begins with, quotes included (strconv.QuotedPrefix); undefined where there is none. */
export function quotedPrefix(text: string): string | undefined {
	return literal.exec(text)?.[0];
}

/** What a Go string literal means (strconv.Unquote, for `"` and backquotes); undefined for anything else. */
export function unquote(text: string): string | undefined {
	if (quotedPrefix(text) !== text) return undefined;
	if (text.startsWith("`")) return text.slice(1, -1).replaceAll("\r", "");
	const parts: Buffer[] = [];
	for (const [piece] of text.slice(1, -1).matchAll(/[^\\]+|\\(?:[xuU][0-9a-fA-F]+|[0-7]{3}|.)/gs)) {
		const bytes = piece.startsWith("\\") ? escaped(piece.slice(1)) : Buffer.from(piece);
		if (bytes === undefined) return undefined;
		parts.push(bytes);
	}
	return Buffer.concat(parts).toString("utf8");
}

/** `\x` and octal escapes are bytes, `\u` and `\U` characters and whatever hexadecimal digits follow. */
function escaped(text: string): Buffer | undefined {
	const known = simple[text];
	if (known !== undefined) return Buffer.from(known);
	if (/^[0-7]/.test(text)) return Buffer.from([Number.parseInt(text, 8)]);
	const digits = { x: 2, u: 4, U: 8 }[text[0] ?? ""] ?? 0;
	const value = Number.parseInt(text.slice(1, 1 + digits), 16);
	const rest = Buffer.from(text.slice(1 + digits));
	if (text[0] === "x") return Buffer.concat([Buffer.from([value]), rest]);
	if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return undefined;
	return Buffer.concat([Buffer.from(String.fromCodePoint(value)), rest]);
}
