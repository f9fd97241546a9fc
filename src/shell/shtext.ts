import { BrokenScript } from "./script.ts";

const blank = /[ \t]/;
const endsWord = /[ \t\n;&|()<>]/;

/** A position in the text of an sh, bash or zsh script, and the steps over what may be quoted. */
export class ShText {
	at = 0;
	readonly #text: string;
	/** Reads the commands of `$( )` and `<( )` up to behind the closing parenthesis. */
	readonly #substitution: () => void;
	readonly #heredocs: { readonly word: string; readonly tabs: boolean }[] = [];

	constructor(text: string, substitution: () => void) {
		this.#text = text;
		this.#substitution = substitution;
	}

	/** The character here, undefined at the end. */
	get char(): string | undefined {
		return this.#text[this.at];
	}

	startsWith(text: string): boolean {
		return this.#text.startsWith(text, this.at);
	}

	/** What `pattern` (anchored) matches here, at most 80 characters on. */
	match(pattern: RegExp): string | undefined {
		return pattern.exec(this.#text.slice(this.at, this.at + 80))?.[0];
	}

	/** Steps over blanks, comments and escaped newlines; false where there was none. */
	skipInsignificant(): boolean {
		if (blank.test(this.char ?? "")) this.at++;
		else if (this.startsWith("\\\n")) this.at += 2;
		else if (this.char === "#") this.#skipLine();
		else return false;
		return true;
	}

	skipBlanks(): void {
		while (blank.test(this.char ?? "")) this.at++;
	}

	/** Steps over a newline, and the here-documents that begin behind it. */
	skipNewline(): void {
		this.at++;
		for (const { word, tabs } of this.#heredocs.splice(0)) {
			while (this.at < this.#text.length) {
				const start = this.at;
				this.#skipLine();
				const line = this.#text.slice(start, this.at);
				this.at = Math.min(this.at + 1, this.#text.length);
				if ((tabs ? line.replace(/^\t+/, "") : line) === word) break;
			}
		}
	}

	/** Steps over a redirection and what it names; false where there is none. */
	skipRedirection(): boolean {
		const operator = this.match(/^(?:&>>|&>|(?:\d+|\{\w+\})?(?:<<<|<<-|<<|[<>]\(|<>|[<>]&|>>|>\||[<>]))/);
		if (operator === undefined) return false;
		this.at += operator.length;
		if (operator.endsWith("(")) this.#substitution();
		else {
			this.skipBlanks();
			const isHeredoc = /<<-?$/.test(operator) && !operator.endsWith("<<<");
			if (isHeredoc) this.#heredocs.push({ word: this.word().replace(/\\(.)|['"]/g, "$1"), tabs: operator.endsWith("-") });
			else if (!endsWord.test(this.char ?? "\n")) this.word();
		}
		return true;
	}

	/** `()` behind a name: what follows is a function's body. */
	skipCall(): boolean {
		const call = this.match(/^[ \t]*\([ \t]*\)/);
		this.at += call?.length ?? 0;
		return call !== undefined;
	}

	/** One word, as written; what is in parentheses belongs to it, but for the `()` of a function's definition. */
	word(): string {
		const start = this.at;
		for (let char = this.char; char !== undefined; char = this.char) {
			const isInside = char === "(" && this.at > start;
			const isCall = isInside && this.match(/^\([ \t]*\)/) !== undefined && this.#text[this.at - 1] !== "=";
			if (isInside && !isCall) this.skipParens();
			else if (endsWord.test(char)) break;
			else this.#skipPiece();
		}
		if (this.at === start) throw new BrokenScript();
		return this.#text.slice(start, this.at);
	}

	/** The rest of `[[ … ]]`, where parentheses and angle brackets mean something else. */
	skipTest(): void {
		while (this.match(/^[ \t\n]\]\](?![^ \t\n;&|)])/) === undefined) this.#skipPiece();
		this.at += 3;
	}

	/** From a `(` to behind its `)`: an array, a glob's qualifiers, arithmetic. */
	skipParens(): void {
		this.at++;
		while (this.char !== ")") {
			if (this.char === "(") this.skipParens();
			else if (this.char === "#" && /[ \t\n]/.test(this.#text[this.at - 1] ?? "")) this.#skipLine();
			else this.#skipPiece();
		}
		this.at++;
	}

	#skipLine(): void {
		const end = this.#text.indexOf("\n", this.at);
		this.at = end < 0 ? this.#text.length : end;
	}

	/** A character, or what a quote, a backslash or a dollar begins. */
	#skipPiece(): void {
		const { char } = this;
		if (char === undefined) throw new BrokenScript();
		if (char === "\\") this.at += 2;
		else if (char === "'") this.#skipSingle();
		else if (char === '"') this.#skipDouble();
		else if (char === "`") this.#skipEscaped("`");
		else if (char === "$") this.#skipDollar(false);
		else this.at++;
	}

	#skipSingle(): void {
		const end = this.#text.indexOf("'", this.at + 1);
		if (end < 0) throw new BrokenScript();
		this.at = end + 1;
	}

	#skipEscaped(close: string): void {
		this.at++;
		while (this.char !== close) {
			if (this.char === undefined) throw new BrokenScript();
			this.at += this.char === "\\" ? 2 : 1;
		}
		this.at++;
	}

	#skipDouble(): void {
		this.at++;
		while (this.char !== '"') {
			if (this.char === undefined) throw new BrokenScript();
			if (this.char === "$") this.#skipDollar(true);
			else if (this.char === "`") this.#skipEscaped("`");
			else this.at += this.char === "\\" ? 2 : 1;
		}
		this.at++;
	}

	#skipDollar(quoted: boolean): void {
		if (this.startsWith("$((")) {
			this.at++;
			this.skipParens();
		} else if (this.startsWith("$(")) {
			this.at += 2;
			this.#substitution();
		} else if (this.startsWith("${")) this.#skipBraces(quoted);
		else if (this.startsWith("$'") && !quoted) {
			this.at++;
			this.#skipEscaped("'");
		} else this.at += this.match(/^\$[#$!?*@-]/)?.length ?? 1;
	}

	#skipBraces(quoted: boolean): void {
		this.at += 2;
		while (this.char !== "}") {
			if (quoted && this.char === "'") this.at++;
			else this.#skipPiece();
		}
		this.at++;
	}
}
