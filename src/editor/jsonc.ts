import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode, type SyntaxKind } from "jsonc-parser";
import { GoxError } from "../errors.ts";

/** The way to a setting: its key, and a key in its value. */
export type KeyPath = readonly [key: string] | readonly [key: string, inner: string];

/** A part of a text to be replaced. Offsets in UTF-16 units. */
interface Edit {
	readonly offset: number;
	readonly length: number;
	readonly content: string;
}

/** From an offset up to another one. */
type Span = readonly [from: number, to: number];

/** JSON with comments and trailing commas, as VS Code reads its settings: changed by the key, every other byte as it was. */
export class JsoncText {
	readonly text: string;
	readonly #root: Node | undefined;
	readonly #eol: string;

	/** @throws GoxError `bad-config` with line and column, for what VS Code's own parser finds wrong. */
	constructor(text: string, path: string) {
		this.text = text;
		this.#eol = text.includes("\r\n") ? "\r\n" : "\n";
		const errors: ParseError[] = [];
		// A byte order mark is no part of the JSON; blanked, it leaves the offsets as they are.
		const content = text.replace(/^\ufeff/, " ");
		this.#root = parseTree(content, errors, { allowTrailingComma: true, allowEmptyContent: true });
		const [error] = errors;
		if (error) throw malformed(text, path, error.offset, wordsFor(printParseErrorCode(error.error)));
		if (this.#root && this.#root.type !== "object") throw malformed(text, path, this.#root.offset, "an object was expected");
	}

	/** The value that VS Code takes: of several equal keys, the last one's; undefined where there is none. */
	get([key, inner]: KeyPath): unknown {
		const value = this.#root && propertyOf(this.#root, key)?.children?.[1];
		const node = inner === undefined ? value : value && propertyOf(value, inner)?.children?.[1];
		return node && jsonValue(node);
	}

	/** The text with that setting; what is there already, in whatever spelling, stays. */
	with(path: KeyPath, value: string | boolean): string {
		if (this.get(path) === value) return this.text;
		const [key, inner] = path;
		const unit = this.#unit();
		const root = this.#root;
		const holder = root && propertyOf(root, key)?.children?.[1];
		const nested = (indent: string) =>
			inner === undefined
				? JSON.stringify(value)
				: `{${this.#eol}${indent}${unit}${JSON.stringify(inner)}: ${JSON.stringify(value)}${this.#eol}${indent}}`;
		if (root === undefined) return this.#appended(`{${this.#eol}${unit}${JSON.stringify(key)}: ${nested(unit)}${this.#eol}}`);
		if (holder === undefined) return this.#inserted(root, key, nested);
		if (inner === undefined || holder.type !== "object") return this.#replaced(holder, nested(this.#indentAt(holder.offset)));
		const old = propertyOf(holder, inner)?.children?.[1];
		if (old) return this.#replaced(old, JSON.stringify(value));
		return this.#inserted(holder, inner, () => JSON.stringify(value));
	}

	/** The text without that setting, however often it is there; comments beside it stay. */
	without([key, inner]: KeyPath): string {
		const holder = inner === undefined ? this.#root : this.#root && propertyOf(this.#root, key)?.children?.[1];
		const name = inner ?? key;
		const gone = (holder?.type === "object" ? (holder.children ?? []) : []).filter((each) => nameOf(each) === name);
		if (holder === undefined || gone.length === 0) return this.text;
		const all = holder.children ?? [];
		const spans = gone.map(({ offset, length }): Span => [offset, offset + length]);
		const commas = all.map((each) => this.#commaBehind(each, holder));
		const kept = all.filter((each) => !gone.includes(each));
		const hadTrailing = commas.at(-1) !== undefined;
		all.forEach((each, index) => {
			const comma = commas[index];
			const superfluous = gone.includes(each) || (each === kept.at(-1) && !hadTrailing);
			if (comma !== undefined && superfluous) spans.push([comma, comma + 1]);
		});
		return this.#cutOut(spans);
	}

	#replaced({ offset, length }: Node, content: string): string {
		return this.#applied([{ offset, length, content }]);
	}

	/** Behind comments alone, or in an empty file. */
	#appended(object: string): string {
		const gap = this.text === "" || this.text === "\ufeff" || this.text.endsWith("\n") ? "" : this.#eol;
		return `${this.text}${gap}${object}${this.#eol}`;
	}

	#inserted(holder: Node, key: string, value: (indent: string) => string): string {
		const close = holder.offset + holder.length - 1;
		const last = holder.children?.at(-1);
		if (last === undefined) return this.#insertedFirst(holder, close, key, value);
		const end = last.offset + last.length;
		const comma = this.#commaBehind(last, holder);
		const tail = comma === undefined ? "" : ",";
		const separator: Edit[] = comma === undefined ? [{ offset: end, length: 0, content: "," }] : [];
		if (!this.text.slice(holder.offset, last.offset).includes("\n")) {
			const inLine = `${JSON.stringify(key)}: ${value(this.#indentAt(holder.offset))}${tail}`;
			return this.#applied([...separator, { offset: comma === undefined ? end : comma + 1, length: 0, content: ` ${inLine}` }]);
		}
		const indent = this.#indentAt(last.offset);
		// Behind the comment that belongs to the last line.
		const at = this.#endOfLineBehind(comma === undefined ? end : comma + 1, close);
		const closes = /[\r\n]/.test(this.text.slice(at, close)) ? "" : this.#eol + this.#indentAt(holder.offset);
		const content = `${this.#eol}${indent}${JSON.stringify(key)}: ${value(indent)}${tail}${closes}`;
		return this.#applied([...separator, { offset: at, length: 0, content }]);
	}

	#insertedFirst(holder: Node, close: number, key: string, value: (indent: string) => string): string {
		const outer = this.#indentAt(holder.offset);
		const indent = outer + this.#unit();
		const inside = this.text.slice(holder.offset + 1, close);
		const at = holder.offset + 1 + inside.trimEnd().length;
		const closes = this.text.slice(at, close).includes("\n") ? "" : this.#eol + outer;
		return this.#applied([
			{ offset: at, length: 0, content: `${this.#eol}${indent}${JSON.stringify(key)}: ${value(indent)}${closes}` },
		]);
	}

	/** Where the comma behind a property is; undefined where there is none. */
	#commaBehind({ offset, length }: Node, holder: Node): number | undefined {
		const end = offset + length;
		const scanner = createScanner(this.text.slice(end, holder.offset + holder.length), true);
		return scanner.scan() === (5 satisfies SyntaxKind) ? end + scanner.getTokenOffset() : undefined;
	}

	/** Past blanks and comments, to the end of the line; not past a comment that goes on in the next one. */
	#endOfLineBehind(start: number, end: number): number {
		const scanner = createScanner(this.text.slice(start, end));
		let at = start;
		for (;;) {
			const kind: number = scanner.scan();
			const isBlank = kind === 15;
			const isComment = kind === 12 || kind === 13;
			if (!isBlank && !isComment) return at;
			if (isComment) at = start + scanner.getTokenOffset() + scanner.getTokenLength();
			if (isComment && scanner.getTokenValue().includes("\n")) return at;
		}
	}

	/** The text without those parts; lines of which nothing is left but blanks go whole. */
	#cutOut(spans: readonly Span[]): string {
		const removed = (at: number) => spans.some(([from, to]) => from <= at && at < to);
		const lines = spans.flatMap(([from, to]): Span[] => {
			const start = this.text.lastIndexOf("\n", from - 1) + 1;
			const newline = this.text.indexOf("\n", to);
			for (let at = start; at < newline; at++) if (!removed(at) && !/\s/.test(this.text.charAt(at))) return [];
			return newline < 0 ? [] : [[start, newline + 1]];
		});
		let text = "";
		let at = 0;
		for (const [from, to] of [...spans, ...lines].sort((left, right) => left[0] - right[0])) {
			if (from > at) text += this.text.slice(at, from);
			at = Math.max(at, to);
		}
		return text + this.text.slice(at);
	}

	#applied(edits: readonly Edit[]): string {
		let text = this.text;
		// From the end; of two at one place, the later one stands behind the other.
		const order = edits
			.map((edit, index) => ({ edit, index }))
			.sort((left, right) => right.edit.offset - left.edit.offset || right.index - left.index);
		for (const { edit } of order) text = text.slice(0, edit.offset) + edit.content + text.slice(edit.offset + edit.length);
		return text;
	}

	/** The blanks that the line of an offset begins with. */
	#indentAt(offset: number): string {
		const start = this.text.lastIndexOf("\n", offset - 1) + 1;
		return /^\ufeff?([ \t]*)/.exec(this.text.slice(start, offset))?.[1] ?? "";
	}

	/** One step of indentation: the first setting's, or VS Code's own. */
	#unit(): string {
		const first = this.#root?.children?.[0];
		const indent = first ? this.#indentAt(first.offset) : "";
		return indent === "" ? "    " : indent;
	}
}

/** The last of that name. */
function propertyOf(object: Node, name: string): Node | undefined {
	return object.type === "object" ? object.children?.findLast((each) => nameOf(each) === name) : undefined;
}

function nameOf(property: Node): string | undefined {
	return property.children?.[0]?.value;
}

function jsonValue(node: Node): unknown {
	if (node.type === "object")
		return Object.fromEntries(
			(node.children ?? []).map(({ children = [] }) => [children[0]?.value, children[1] && jsonValue(children[1])]),
		);
	return node.type === "array" ? (node.children ?? []).map(jsonValue) : node.value;
}

function malformed(text: string, path: string, offset: number, what: string): GoxError {
	const before = text.slice(0, offset).split("\n");
	const where = `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
	return new GoxError("bad-config", `${where}: ${what}; nothing was changed`, {
		hint: `\${EDITOR:-vi} +${before.length} '${path}'`,
	});
}

/** `CommaExpected`: `a comma was expected`. */
function wordsFor(code: string): string {
	const words = code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
	const expected = /^(.*) expected$/.exec(words)?.[1];
	return expected === undefined ? words : `${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected} was expected`;
}
