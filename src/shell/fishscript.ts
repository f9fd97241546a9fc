import { BrokenScript, type Script, StatementList } from "./script.ts";

/** Takes apart a start-up file of fish into its top-level statements, as `readShScript` does for the others. */
export function readFishScript(text: string): Script {
	const reader = new FishReader(text);
	try {
		reader.commands();
		return { statements: reader.list.statements, brokenAt: undefined };
	} catch (error) {
		if (!(error instanceof BrokenScript)) throw error;
		return { statements: reader.list.statements, brokenAt: reader.list.start };
	}
}

const opens = /^(?:begin|if|while|for|switch|function)$/;
/** After these a command's name may still come; the first ones make it conditional. */
const conditional = /^(?:and|or|not|!)$/;
const transparent = /^(?:if|while|else|begin|time|command|builtin)$/;

class FishReader {
	readonly list = new StatementList();
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	commands(): void {
		const stack: string[] = [];
		let command = true;
		let guarded = false;
		let continues = false;
		for (;;) {
			const char = this.#text[this.#at];
			if (char === undefined) {
				if (stack.length > 0 || continues) throw new BrokenScript();
				this.list.lineEnds(this.#at);
				return;
			}
			if (char === " " || char === "\t") this.#at++;
			else if (this.#text.startsWith("\\\n", this.#at)) this.#at += 2;
			else if (char === "#") this.#skipLine();
			else if (char === "\n") {
				this.#at++;
				command = true;
				guarded = false;
				if (stack.length === 0 && !continues) this.list.lineEnds(this.#at);
			} else {
				this.list.touch();
				const operator = /^(?:&&|\|\||&>>?|&\||[;|&])/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0];
				if (operator?.startsWith("&>") || char === "<" || char === ">") {
					this.#at += /^[<>&|?]+/.exec(this.#text.slice(this.#at, this.#at + 4))?.[0].length ?? 1;
				} else if (operator !== undefined) {
					this.#at += operator.length;
					command = true;
					continues = operator === "&&" || operator === "||" || operator === "|";
					guarded = continues;
				} else {
					continues = false;
					const word = this.#word();
					if (!command) continue;
					if (opens.test(word)) stack.push(word);
					else if (word === "end") {
						if (stack.pop() === undefined) throw new BrokenScript();
					} else if (/^(?:return|exit|exec)$/.test(word) && !stack.includes("function")) {
						this.list.leave(word, stack.length > 0 || guarded ? "maybe" : "always");
					}
					if (conditional.test(word)) guarded = true;
					else command = transparent.test(word);
				}
			}
		}
	}

	#skipLine(): void {
		const end = this.#text.indexOf("\n", this.#at);
		this.#at = end < 0 ? this.#text.length : end;
	}

	#word(): string {
		const start = this.#at;
		while (this.#at < this.#text.length && !/[ \t\n;&|<>]/.test(this.#text[this.#at] ?? "")) this.#skipPiece();
		return this.#text.slice(start, this.#at);
	}

	#skipPiece(): void {
		const char = this.#text[this.#at];
		if (char === undefined || char === ")") throw new BrokenScript();
		if (char === "\\") this.#at += 2;
		else if (char === "'" || char === '"') this.#skipQuoted(char);
		else if (char === "(") this.#skipSubstitution();
		else this.#at++;
	}

	#skipQuoted(quote: string): void {
		this.#at++;
		while (this.#text[this.#at] !== quote) {
			if (this.#at >= this.#text.length) throw new BrokenScript();
			if (quote === '"' && this.#text.startsWith("$(", this.#at)) {
				this.#at++;
				this.#skipSubstitution();
			} else this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
		}
		this.#at++;
	}

	#skipSubstitution(): void {
		this.#at++;
		while (this.#text[this.#at] !== ")") {
			if (this.#text[this.#at] === "#" && /[ \t\n;(]/.test(this.#text[this.#at - 1] ?? "")) this.#skipLine();
			else this.#skipPiece();
		}
		this.#at++;
	}
}
