import { BrokenScript, type Script, StatementList } from "./script.ts";

/** An open compound command. */
interface Frame {
	readonly kind: "if" | "loop" | "case" | "brace" | "paren";
	/** It is a function's body: what is in it doesn't run now. */
	readonly isFunction: boolean;
	/** In a case: what comes next is a pattern. */
	pattern: boolean;
}

/**
 * Takes apart a start-up file of sh, bash or zsh into its top-level statements: quotes, here-documents, compound
 * commands, functions. It knows just enough of the grammar (POSIX 2.10, and bash's and zsh's additions) to tell
 * where a statement may be put between two others.
 */
export function readShScript(text: string, dialect: "sh" | "bash" | "zsh" = "sh"): Script {
	const reader = new ShReader(text, dialect === "zsh");
	try {
		reader.commands(false);
		return { statements: reader.list.statements, brokenAt: undefined };
	} catch (error) {
		if (!(error instanceof BrokenScript)) throw error;
		return { statements: reader.list.statements, brokenAt: reader.list.start };
	}
}

const blank = /[ \t]/;
const endsWord = /[ \t\n;&|()<>]/;
const assignment = /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/;
/** After these a command's name may still come. */
const transparent = /^(?:then|else|elif|do|time|coproc|command|builtin|nocorrect|noglob|-)$/;

class ShReader {
	readonly list = new StatementList();
	readonly #text: string;
	readonly #isZsh: boolean;
	#at = 0;
	/** 0 for the file itself, more inside `$( )`. */
	#depth = -1;
	readonly #heredocs: { readonly word: string; readonly tabs: boolean }[] = [];

	constructor(text: string, isZsh: boolean) {
		this.#text = text;
		this.#isZsh = isZsh;
	}

	/** Reads commands up to the end of the text, or behind the `)` that closes a substitution. */
	commands(untilParen: boolean): void {
		this.#depth++;
		const stack: Frame[] = [];
		let command = true;
		let guarded = false;
		let continues = false;
		let bodyNext = false;
		let execing = false;
		const top = () => stack.at(-1);
		const push = (kind: Frame["kind"]) => {
			stack.push({ kind, isFunction: bodyNext, pattern: false });
			bodyNext = false;
		};
		const pop = (kind: Frame["kind"]) => {
			if (stack.pop()?.kind !== kind) throw new BrokenScript();
			command = false;
		};
		const leave = (word: string) => {
			if (this.#depth > 0 || stack.some((frame) => frame.isFunction || frame.kind === "paren") || bodyNext) return;
			this.list.leave(word, stack.length > 0 || guarded ? "maybe" : "always");
		};
		for (;;) {
			const char = this.#text[this.#at];
			if (char === undefined) {
				if (untilParen || stack.length > 0 || continues) throw new BrokenScript();
				this.list.lineEnds(this.#at);
				return;
			}
			if (blank.test(char)) this.#at++;
			else if (this.#startsWith("\\\n")) this.#at += 2;
			else if (char === "#") this.#skipLine();
			else if (char === "\n") {
				this.#at++;
				this.#skipHeredocs();
				execing = false;
				if (!continues) guarded = false;
				if (top()?.kind !== "case" || !top()?.pattern) command = true;
				if (this.#depth === 0 && stack.length === 0 && !continues && !bodyNext) this.list.lineEnds(this.#at);
			} else {
				this.list.touch();
				const operator = /^(?:;;&|;;|;&|;\||;|&&|\|\||\|&|&>>|&>|&|\|)/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0];
				const redirection = /^(?:<<<|<<-|<<|[<>]\(|<>|[<>]&|>>|>\||[<>])/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0];
				if (operator?.startsWith("&>") || redirection !== undefined) {
					this.#redirect(operator?.startsWith("&>") ? operator : (redirection ?? ""));
					execing = false;
				} else if (operator !== undefined) {
					this.#at += operator.length;
					const frame = top();
					if (frame?.kind === "case" && (frame.pattern || (operator.length > 1 && operator.startsWith(";"))))
						frame.pattern = true;
					else command = true;
					execing = false;
					continues = /^(?:&&|\|\||\||\|&)$/.test(operator);
					guarded = continues;
				} else if (char === "(") {
					continues = false;
					const frame = top();
					if (frame?.kind === "case" && frame.pattern) this.#at++;
					else if (!command) this.#skipParens();
					else if (this.#startsWith("((")) {
						this.#skipParens();
						command = false;
					} else {
						this.#at++;
						push("paren");
					}
				} else if (char === ")") {
					this.#at++;
					const frame = top();
					if (frame?.kind === "case" && frame.pattern) {
						frame.pattern = false;
						command = true;
					} else if (stack.length === 0 && untilParen) {
						this.#depth--;
						return;
					} else pop("paren");
				} else {
					continues = false;
					const word = this.#word(command);
					if (execing) {
						leave("exec");
						execing = false;
					}
					const frame = top();
					if (frame?.kind === "case" && frame.pattern) {
						if (word === "esac") pop("case");
					} else if (!command) {
						if (frame?.kind === "case" && word === "in") frame.pattern = true;
						else if (this.#isZsh && word === "}" && frame?.kind === "brace") pop("brace");
					} else if (word === "if") push("if");
					else if (word === "fi") pop("if");
					else if (word === "while" || word === "until") push("loop");
					else if (word === "for" || word === "select") {
						push("loop");
						command = false;
						this.#skipBlanks();
						if (this.#startsWith("((")) this.#skipParens();
					} else if (word === "done") pop("loop");
					else if (word === "case") {
						push("case");
						command = false;
					} else if (word === "esac") pop("case");
					else if (word === "{") push("brace");
					else if (word === "}") pop("brace");
					else if (word === "[[") {
						this.#skipTest();
						command = false;
					} else if (word === "function") {
						this.#skipBlanks();
						this.#word(false);
						this.#skipCall();
						bodyNext = true;
					} else if (word === "!") guarded = true;
					else if (this.#skipCall()) bodyNext = true;
					else if (!transparent.test(word) && !assignment.test(word)) {
						command = false;
						if (word === "return" || word === "exit" || word === "logout") leave(word);
						execing = word === "exec";
						bodyNext = false;
					}
				}
			}
		}
	}

	#startsWith(text: string): boolean {
		return this.#text.startsWith(text, this.#at);
	}

	#skipBlanks(): void {
		while (blank.test(this.#text[this.#at] ?? "")) this.#at++;
	}

	#skipLine(): void {
		const end = this.#text.indexOf("\n", this.#at);
		this.#at = end < 0 ? this.#text.length : end;
	}

	/** `()` behind a name: what follows is a function's body. */
	#skipCall(): boolean {
		const found = /^[ \t]*\([ \t]*\)/.exec(this.#text.slice(this.#at, this.#at + 80));
		if (!found) return false;
		this.#at += found[0].length;
		return true;
	}

	#redirect(operator: string): void {
		this.#at += operator.length;
		if (operator === "<(" || operator === ">(") {
			this.commands(true);
			return;
		}
		if (operator !== "<<" && operator !== "<<-") {
			this.#skipBlanks();
			if (!endsWord.test(this.#text[this.#at] ?? "\n")) this.#word(false);
			return;
		}
		this.#skipBlanks();
		const word = this.#word(false).replace(/\\(.)|['"]/g, "$1");
		this.#heredocs.push({ word, tabs: operator === "<<-" });
	}

	#skipHeredocs(): void {
		for (const { word, tabs } of this.#heredocs.splice(0)) {
			while (this.#at < this.#text.length) {
				const start = this.#at;
				this.#skipLine();
				const line = this.#text.slice(start, this.#at);
				this.#at = Math.min(this.#at + 1, this.#text.length);
				if ((tabs ? line.replace(/^\t+/, "") : line) === word) break;
			}
		}
	}

	/** `[[ … ]]`, where parentheses and angle brackets mean something else. */
	#skipTest(): void {
		while (!/^[ \t\n]\]\](?![^ \t\n;&|)])/.test(this.#text.slice(this.#at, this.#at + 4))) this.#skipPiece();
		this.#at += 3;
	}

	/** One word, as written. In command position a `(` behind it isn't a part of it, for `name()`. */
	#word(command: boolean): string {
		const start = this.#at;
		while (this.#at < this.#text.length) {
			const char = this.#text[this.#at] ?? "";
			if (char === "(" && this.#at > start) {
				if (
					command &&
					/^\([ \t]*\)/.test(this.#text.slice(this.#at, this.#at + 20)) &&
					!this.#text.slice(start, this.#at).endsWith("=")
				)
					break;
				this.#skipParens();
			} else if (endsWord.test(char)) break;
			else this.#skipPiece();
		}
		if (this.#at === start) throw new BrokenScript();
		return this.#text.slice(start, this.#at);
	}

	/** A character, or what a quote, a backslash or a dollar begins. */
	#skipPiece(): void {
		const char = this.#text[this.#at];
		if (char === undefined) throw new BrokenScript();
		if (char === "\\") this.#at += 2;
		else if (char === "'") this.#skipTo("'", this.#at + 1);
		else if (char === '"') this.#skipDouble();
		else if (char === "`") this.#skipEscaped("`");
		else if (char === "$") this.#skipDollar(false);
		else this.#at++;
	}

	#skipTo(close: string, from: number): void {
		const end = this.#text.indexOf(close, from);
		if (end < 0) throw new BrokenScript();
		this.#at = end + close.length;
	}

	#skipEscaped(close: string): void {
		this.#at++;
		while (this.#text[this.#at] !== close) {
			if (this.#at >= this.#text.length) throw new BrokenScript();
			this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
		}
		this.#at++;
	}

	#skipDouble(): void {
		this.#at++;
		for (;;) {
			const char = this.#text[this.#at];
			if (char === undefined) throw new BrokenScript();
			if (char === '"') break;
			if (char === "$") this.#skipDollar(true);
			else if (char === "`") this.#skipEscaped("`");
			else this.#at += char === "\\" ? 2 : 1;
		}
		this.#at++;
	}

	#skipDollar(quoted: boolean): void {
		if (this.#startsWith("$((")) {
			this.#at++;
			this.#skipParens();
		} else if (this.#startsWith("$(")) {
			this.#at += 2;
			this.commands(true);
		} else if (this.#startsWith("${")) this.#skipBraces(quoted);
		else if (this.#startsWith("$'") && !quoted) {
			this.#at++;
			this.#skipEscaped("'");
		} else this.#at += /^\$[#$!?*@-]/.test(this.#text.slice(this.#at, this.#at + 2)) ? 2 : 1;
	}

	#skipBraces(quoted: boolean): void {
		this.#at += 2;
		while (this.#text[this.#at] !== "}") {
			if (quoted && this.#text[this.#at] === "'") this.#at++;
			else this.#skipPiece();
		}
		this.#at++;
	}

	/** From a `(` to behind its `)`: an array, a glob's qualifiers, arithmetic. */
	#skipParens(): void {
		this.#at++;
		while (this.#text[this.#at] !== ")") {
			if (this.#text[this.#at] === "(") this.#skipParens();
			else if (this.#text[this.#at] === "#" && /[ \t\n]/.test(this.#text[this.#at - 1] ?? "")) this.#skipLine();
			else this.#skipPiece();
		}
		this.#at++;
	}
}
