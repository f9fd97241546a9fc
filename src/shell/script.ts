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
