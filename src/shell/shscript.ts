import { BrokenScript, type Script, StatementList } from "./script.ts";

/**
 * Takes apart a start-up file of sh, bash or zsh into its top-level statements: quotes, here-documents, compound
 * commands, functions. It knows just enough of the grammar (POSIX 2.10, and bash's and zsh's additions) to tell
 * where a statement may be put between two others.
 */
export function readShScript(text: string, dialect: "sh" | "bash" | "zsh" = "sh"): Script {
	const reader = new ShReader(text, dialect === "zsh");
	try {
		reader.file();
		return { statements: reader.list.statements, brokenAt: undefined };
	} catch (error) {
		if (!(error instanceof BrokenScript)) throw error;
		return { statements: reader.list.statements, brokenAt: reader.list.start };
	}
}

/** An open compound command. */
interface Frame {
	readonly kind: "if" | "loop" | "case" | "brace" | "paren";
	/** It is a function's body: what is in it doesn't run now. */
	readonly isFunction: boolean;
	/** In a case: what comes next is a pattern. */
	pattern: boolean;
}

const assignment = /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/;
/** After these a command's name may still come. */
const transparent = /^(?:then|else|elif|do|time|coproc|command|builtin|nocorrect|noglob|-)$/;
const opening: Readonly<Record<string, Frame["kind"]>> = { if: "if", while: "loop", until: "loop", "{": "brace" };
const closing: Readonly<Record<string, Frame["kind"]>> = { fi: "if", done: "loop", esac: "case", "}": "brace" };

/** The file, or the inside of one substitution. */
class Level {
	readonly stack: Frame[] = [];
	/** What comes next is a command's name. */
	command = true;
	/** What comes next runs only sometimes, or in a process of its own. */
	guarded = false;
	/** An operator waits for its right-hand side. */
	continues = false;
	/** What comes next is a function's body. */
	bodyNext = false;
	/** `exec` was read; whether it leaves depends on what comes next. */
	execing = false;

	get top(): Frame | undefined {
		return this.stack.at(-1);
	}

	get inPattern(): boolean {
		return this.top?.kind === "case" && this.top.pattern;
	}

	push(kind: Frame["kind"]): void {
		this.stack.push({ kind, isFunction: this.bodyNext, pattern: false });
		this.bodyNext = false;
	}

	pop(kind: Frame["kind"]): void {
		if (this.stack.pop()?.kind !== kind) throw new BrokenScript();
		this.command = false;
	}
}

class ShReader {
	readonly list = new StatementList();
	readonly #text: ShText;
	readonly #isZsh: boolean;

	constructor(text: string, isZsh: boolean) {
		this.#text = new ShText(text, () => this.#substitution());
		this.#isZsh = isZsh;
	}

	file(): void {
		const level = new Level();
		while (this.#text.char !== undefined) {
			if (this.#text.char === "\n") {
				this.#newline(level);
				if (level.stack.length === 0 && !level.continues && !level.bodyNext) this.list.lineEnds(this.#text.at);
			} else this.#token(level, (word) => this.#leave(level, word));
		}
		if (level.stack.length > 0 || level.continues || level.bodyNext) throw new BrokenScript();
		this.list.lineEnds(this.#text.at);
	}

	/** What leaves a substitution leaves only that. */
	#substitution(): void {
		const level = new Level();
		while (this.#text.char !== ")" || level.stack.length > 0) {
			if (this.#text.char === undefined) throw new BrokenScript();
			if (this.#text.char === "\n") this.#newline(level);
			else this.#token(level, () => {});
		}
		this.#text.at++;
	}

	#newline(level: Level): void {
		this.#text.skipNewline();
		level.execing = false;
		if (!level.continues) level.guarded = false;
		if (!level.inPattern) level.command = true;
	}

	#token(level: Level, leave: (word: string) => void): void {
		const text = this.#text;
		if (text.skipInsignificant()) return;
		this.list.touch();
		const operator = text.match(/^(?:;;&|;;|;&|;\||;|&&|\|\||\|&|&(?!>)|\|)/);
		if (text.skipRedirection()) level.execing = false;
		else if (operator !== undefined) this.#operator(level, operator);
		else {
			level.continues = false;
			if (text.char === "(") this.#openParen(level);
			else if (text.char === ")") this.#closeParen(level);
			else this.#word(level, text.word(), leave);
		}
	}

	#word(level: Level, word: string, leave: (word: string) => void): void {
		if (level.execing) leave("exec");
		level.execing = false;
		if (level.inPattern) {
			if (word === "esac") level.pop("case");
		} else if (level.command) this.#commandWord(level, word, leave);
		else this.#argument(level, word);
	}

	#operator(level: Level, operator: string): void {
		this.#text.at += operator.length;
		const { top } = level;
		if (top?.kind === "case" && (top.pattern || /^;./.test(operator))) top.pattern = true;
		else level.command = true;
		level.execing = false;
		level.continues = /^(?:&&|\|\||\||\|&)$/.test(operator) && !level.inPattern;
		level.guarded = level.continues;
	}

	#openParen(level: Level): void {
		if (level.inPattern) this.#text.at++;
		else if (!level.command) this.#text.skipParens();
		else if (this.#text.startsWith("((")) {
			this.#text.skipParens();
			level.command = false;
		} else {
			this.#text.at++;
			level.push("paren");
		}
	}

	#closeParen(level: Level): void {
		this.#text.at++;
		if (level.inPattern && level.top) {
			level.top.pattern = false;
			level.command = true;
		} else level.pop("paren");
	}

	#argument(level: Level, word: string): void {
		if (level.top?.kind === "case" && word === "in") level.top.pattern = true;
		// zsh closes a group without a `;` in front.
		else if (this.#isZsh && word === "}" && level.top?.kind === "brace") level.pop("brace");
	}

	#commandWord(level: Level, word: string, leave: (word: string) => void): void {
		const opened = Object.hasOwn(opening, word) ? opening[word] : undefined;
		const closed = Object.hasOwn(closing, word) ? closing[word] : undefined;
		if (opened !== undefined) level.push(opened);
		else if (closed !== undefined) level.pop(closed);
		else if (word === "for" || word === "select" || word === "case") {
			level.push(word === "case" ? "case" : "loop");
			level.command = false;
			this.#text.skipBlanks();
			if (this.#text.startsWith("((")) this.#text.skipParens();
		} else if (word === "[[") {
			this.#text.skipTest();
			level.command = false;
		} else if (word === "function") {
			this.#text.skipBlanks();
			this.#text.word();
			this.#text.skipCall();
			level.bodyNext = true;
		} else if (word === "!") level.guarded = true;
		else if (this.#text.skipCall()) level.bodyNext = true;
		else if (!transparent.test(word) && !assignment.test(word)) {
			level.command = false;
			if (/^(?:return|exit|logout)$/.test(word)) leave(word);
			level.execing = word === "exec";
			level.bodyNext = false;
		}
	}

	#leave(level: Level, word: string): void {
		if (level.bodyNext || level.stack.some((frame) => frame.isFunction || frame.kind === "paren")) return;
		this.list.leave(word, level.stack.length > 0 || level.guarded ? "maybe" : "always");
	}
}

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
