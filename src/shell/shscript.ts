import { BrokenScript, type Script, StatementList } from "./script.ts";
import { ShText } from "./shtext.ts";

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
