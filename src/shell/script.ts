/** One or more whole lines of a start-up file that a shell reads and runs in one go, outside any block. */
export interface Statement {
	/** Offset of the first character of its first line. */
	readonly start: number;
	/** Offset behind its last line's newline. */
	readonly end: number;
	/** Whether the rest of the file may stay unread because of it. */
	readonly leaves: Leaving;
	/** Whether it leaves by `exec`, and not by `return` or `exit`. */
	readonly execs: boolean;
}

export type Leaving = "no" | "maybe" | "always";

/** A start-up file taken apart as far as it makes sense. */
export interface Script {
	readonly statements: readonly Statement[];
	/** Where a statement begins that is never completed, or can't be read: the shell stops there too. */
	readonly brokenAt: number | undefined;
}

/** Thrown and caught inside the readers: the text can't be a script from here on. */
export class BrokenScript extends Error {}

/** Gathers statements as a reader comes past their ends. */
export class StatementList {
	readonly statements: Statement[] = [];
	#start = 0;
	#isEmpty = true;
	#leaves: Leaving = "no";
	#execs = false;

	/** Where the statement being read began. */
	get start(): number {
		return this.#start;
	}

	/** Something of a statement was seen. */
	touch(): void {
		this.#isEmpty = false;
	}

	/** A `return`, `exit` or `exec` was seen. */
	leave(word: string, leaves: "maybe" | "always"): void {
		if (this.#leaves !== "always") this.#leaves = leaves;
		if (word === "exec") this.#execs = true;
	}

	/** A line ended outside any block; blank lines and comments alone are no statement. */
	lineEnds(end: number): void {
		if (!this.#isEmpty) this.statements.push({ start: this.#start, end, leaves: this.#leaves, execs: this.#execs });
		this.#start = end;
		this.#isEmpty = true;
		this.#leaves = "no";
		this.#execs = false;
	}
}

/** One simple command of a statement: its words as they are written, quotes and all. */
export interface SimpleCommand {
	/** Offsets in the text, from the first word to the end of the last. */
	readonly start: number;
	readonly end: number;
	readonly words: readonly string[];
	/** What stood in front: `if`, `then`, `{`, `!` … */
	readonly prefixes: readonly string[];
	/** What joins it to the next one; empty at the end of the text. */
	readonly operator: string;
}

const prefix = /^(?:if|then|elif|else|while|until|do|!|\{|begin|not|and|or|time)$/;

/**
 * The simple commands of a statement of sh, bash, zsh or fish. What is in quotes, in parentheses or in a test stays a
 * part of its word. Undefined for what isn't made of simple commands, conditions and loops only: functions, case, for,
 * here-documents, or text without an end.
 */
export function simpleCommandsIn(text: string): readonly SimpleCommand[] | undefined {
	const commands: SimpleCommand[] = [];
	const words: string[] = [];
	let prefixes: string[] = [];
	let start = 0;
	let end = 0;
	const finish = (operator: string) => {
		if (words.length > 0 || prefixes.length > 0) commands.push({ start, end, words: [...words], prefixes, operator });
		words.length = 0;
		prefixes = [];
	};
	for (let at = 0; at < text.length; ) {
		const rest = text.slice(at);
		const blank = /^(?:[ \t\r]|\\\r?\n)+/.exec(rest);
		if (blank) {
			at += blank[0].length;
			continue;
		}
		if (rest.startsWith("#")) {
			at += rest.search(/\n|$/);
			continue;
		}
		const operator = /^(?:&&|\|\||\|&|;;|[;\n|]|&(?!>))/.exec(rest)?.[0];
		if (operator === ";;") return undefined;
		if (operator !== undefined) {
			finish(operator);
			at += operator.length;
			continue;
		}
		const length = words[0] === "[[" && words.at(-1) !== "]]" ? wordLength(rest, /[ \t\r\n]/) : wordLength(rest, /[ \t\r\n;|&]/);
		if (length === undefined || /^<</.test(rest)) return undefined;
		const word = rest.slice(0, length);
		if (words.length === 0 && /^(?:function|case|for|select|switch|\()|\(\)/.test(word)) return undefined;
		if (words.length === 0 && prefix.test(word)) prefixes.push(word);
		else {
			if (words.length === 0) start = at;
			words.push(word);
			end = at + length;
		}
		at += length;
	}
	finish("");
	return commands;
}

/** How far a word reaches; undefined where a quote or a parenthesis never ends. */
function wordLength(text: string, ends: RegExp): number | undefined {
	let at = 0;
	while (at < text.length) {
		const char = text[at] ?? "";
		if (ends.test(char) && !(char === "&" && text[at - 1] === ">")) break;
		const next = charsEnd(text, at);
		if (next === undefined) return undefined;
		at = next;
	}
	return Math.max(at, 1);
}

/** Behind the character, the quoted text or the parenthesis at `at`. */
function charsEnd(text: string, at: number): number | undefined {
	const char = text[at];
	if (char === "\\") return Math.min(at + 2, text.length);
	if (char === "'") {
		const close = text.indexOf("'", at + 1);
		return close < 0 ? undefined : close + 1;
	}
	const close = { '"': '"', "`": "`", "(": ")" }[char ?? ""];
	if (close !== undefined) return closing(text, at + 1, close);
	return text.startsWith("${", at) ? closing(text, at + 2, "}") : at + 1;
}

function closing(text: string, from: number, close: string): number | undefined {
	for (let at = from; at < text.length; ) {
		if (text[at] === close) return at + 1;
		// In double quotes only substitutions and escapes mean anything.
		const plain = close === '"' && (text[at] === "'" || (text[at] === "(" && text[at - 1] !== "$"));
		const next = plain ? at + 1 : charsEnd(text, at);
		if (next === undefined) return undefined;
		at = next;
	}
	return undefined;
}
