// What the licences of others ask to be said wherever gox is copied: dist/NOTICES.txt, out of what is really in it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Of the database that data/vulns.json is a copy of (README, "What is trusted"). */
const database =
	"The known vulnerabilities built into gox are a copy of the Go vulnerability database, https://vuln.go.dev,\n" +
	"© The Go Authors, licensed under CC-BY 4.0 (https://creativecommons.org/licenses/by/4.0/).";

/**
 * The notices of every package that esbuild took something of.
 * @param inputs the keys of esbuild's metafile
 */
export function noticesFor(root, inputs) {
	const packages = [...new Set(inputs.map(packageOf).filter((name) => name !== undefined))].sort();
	const sections = packages.map((place) => {
		const { name, version, license } = JSON.parse(readFileSync(join(root, place, "package.json"), "utf8"));
		return `${name} ${version} (${license})\n\n${licenceIn(join(root, place), name)}`;
	});
	const shims = `The shims for Linux contain parts of musl\n\n${readFileSync(join(root, "shims/prebuilt/COPYRIGHT.musl"), "utf8").trim()}`;
	return `gox itself is under the licence in LICENSE. It contains:\n\n${[...sections, shims, database].join(`\n\n${"-".repeat(72)}\n\n`)}\n`;
}

/** `node_modules/a` or `node_modules/@b/c`, the innermost one, of a file in it. */
function packageOf(input) {
	return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function licenceIn(directory, name) {
	const file = readdirSync(directory).find((each) => /^licen[cs]e(\.|$)/i.test(each));
	if (file === undefined) throw new Error(`${name} has no licence to be passed on`);
	return readFileSync(join(directory, file), "utf8").trim();
}
