import { join } from "node:path";
import type { Run } from "../cli/command.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import { GoxError, quote } from "../errors.ts";
import { namesIn, removeTree } from "../fs.ts";
import { spaceOf } from "../store/space.ts";

/** What each name in the cache is for. */
const purposes: Readonly<Record<string, string>> = {
	index: "lists of releases",
	partial: "downloads that were cut off, to be resumed",
	sumdb: "proofs of Go's checksum database",
	"release-key.pub": "the key that signs Go's releases",
};

/** Everything in the cache can be had again; what trust rests on (tree heads seen before) is in GOX_HOME. */
export const run: Run = ({ context, report, args: [action = "show"] }) => {
	const { cacheDir } = context;
	const entries = () =>
		namesIn(cacheDir).map((name) => {
			const { bytes, files } = spaceOf([join(cacheDir, name)]);
			return { name, files, bytes, what: purposes[name] ?? "" };
		});
	const total = (all: readonly { readonly bytes: number }[]) => all.reduce((sum, { bytes }) => sum + bytes, 0);
	switch (action) {
		case "path":
			if (report.asJson) report.json(cacheDir);
			else report.line(cacheDir);
			return 0;
		case "size":
			if (report.asJson) report.json(total(entries()));
			else report.line(bytesInWords(total(entries())));
			return 0;
		case "show": {
			const found = entries();
			if (report.asJson) report.json({ path: cacheDir, bytes: total(found), entries: found });
			else {
				for (const line of columns(found.map(({ name, bytes, what }) => [name, bytesInWords(bytes), what]))) report.line(line);
				report.say(`${bytesInWords(total(found))} in ${cacheDir}`);
			}
			return 0;
		}
		case "clean": {
			const found = entries();
			for (const { name } of found) removeTree(join(cacheDir, name));
			if (report.asJson) report.json({ path: cacheDir, freed: total(found) });
			report.say(found.length === 0 ? `${cacheDir} is empty` : `removed ${bytesInWords(total(found))} from ${cacheDir}`);
			return 0;
		}
		default:
			throw new GoxError("usage", `cache can't ${quote(action)}`, {
				hint: "gox cache\ngox cache path\ngox cache size\ngox cache clean",
			});
	}
};
