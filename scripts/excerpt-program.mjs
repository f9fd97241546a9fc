// Makes the excerpts of real programs that the tests of the build-information reader read:
//   node scripts/excerpt-program.mjs PROGRAM… > /dev/null
// writes test/support/buildinfo/NAME.json for each: its size, what `go version -m` prints of it, and the bytes that hold
// its headers, its section table with the names, and its build information; all else is zeros when a test makes the
// file again. Only for 64-bit little-endian ELF and Mach-O.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const out = join(dirname(dirname(fileURLToPath(import.meta.url))), "test/support/buildinfo");
const magic = Buffer.from("\xff Go buildinf:", "latin1");

for (const path of process.argv.slice(2)) {
	const program = readFileSync(path);
	const printed = execFileSync("go", ["version", "-m", path], { encoding: "utf8" }).slice(path.length + 2);
	const parts = [...(program.readUInt32BE(0) === 0x7f454c46 ? elfParts(program) : machParts(program)), ...infoParts(program)];
	const excerpt = {
		size: program.length,
		goVersionM: printed,
		parts: parts.map(([offset, length]) => [offset, trimmed(program.subarray(offset, offset + length)).toString("base64")]),
	};
	writeFileSync(join(out, `${basename(path)}.json`), `${JSON.stringify(excerpt, null, "\t")}\n`);
}

function trimmed(bytes) {
	let end = bytes.length;
	while (end > 0 && bytes[end - 1] === 0) end--;
	return bytes.subarray(0, end);
}

function elfParts(program) {
	const word = (offset) => Number(program.readBigUInt64LE(offset));
	const [segments, sections] = [word(32), word(40)];
	const [segmentSize, segmentCount, sectionSize, sectionCount, names] = [54, 56, 58, 60, 62].map((at) =>
		program.readUInt16LE(at),
	);
	const strings = sections + names * sectionSize;
	return [
		[0, 64],
		[segments, segmentSize * segmentCount],
		[sections, sectionSize * sectionCount],
		[word(strings + 24), word(strings + 32)],
	];
}

function machParts(program) {
	return [[0, 32 + program.readUInt32LE(20)]];
}

/** The header and the texts behind it, or, before Go 1.18, those that it points to. */
function infoParts(program) {
	let at = program.indexOf(magic);
	while (at % 16 !== 0) at = program.indexOf(magic, at + 1);
	if (program[at + 15] & 2) {
		const start = program.indexOf("path\t", at);
		const end = program.indexOf(Buffer.from("f932433186182072008242104116d8f2", "hex"), start);
		return [[at, end + 16 - at]];
	}
	const strings = [16, 24].map((pointer) => offsetOf(program, Number(program.readBigUInt64LE(at + pointer))));
	const texts = strings.map((each) => [
		offsetOf(program, Number(program.readBigUInt64LE(each))),
		Number(program.readBigUInt64LE(each + 8)),
	]);
	return [[at, 32], ...strings.map((each) => [each, 16]), ...texts];
}

/** Where an address of memory lies in the file. */
function offsetOf(program, address) {
	for (const [start, offset, size] of segmentsOf(program)) {
		if (start <= address && address < start + size) return address - start + offset;
	}
	throw new Error(`nothing at ${address}`);
}

function segmentsOf(program) {
	const word = (offset) => Number(program.readBigUInt64LE(offset));
	if (program.readUInt32BE(0) === 0x7f454c46) {
		return Array.from({ length: program.readUInt16LE(56) }, (_, index) => {
			const at = word(32) + index * 56;
			return [word(at + 16), word(at + 8), word(at + 32)];
		});
	}
	const segments = [];
	for (let at = 32, index = 0; index < program.readUInt32LE(16); index++, at += program.readUInt32LE(at + 4)) {
		if (program.readUInt32LE(at) === 0x19) segments.push([word(at + 24), word(at + 40), word(at + 48)]);
	}
	return segments;
}
