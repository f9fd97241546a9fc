/** Lines no wider than `width` characters, broken at blanks; the first begins with `first`, the others with as many blanks. A longer word stays whole. */
export function wrapped(text: string, width: number, first: string): string[] {
	const indent = " ".repeat(first.length);
	const lines: string[] = [];
	let line = first;
	let isEmpty = true;
	for (const word of text.split(" ")) {
		if (!isEmpty && line.length + 1 + word.length > width) {
			lines.push(line);
			line = indent;
			isEmpty = true;
		}
		line += isEmpty ? word : ` ${word}`;
		isEmpty = false;
	}
	return [...lines, line];
}
