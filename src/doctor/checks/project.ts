import { GoxError } from "../../errors.ts";
import { whySentence } from "../../select/why.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine, fixOf } from "../finding.ts";

/** The Go in force in this directory: installed, and new enough for its go.mod. */
export const project: Check = {
	name: "project",
	title: "the Go for this directory",
	area: "project",
	run: ({ inForce, settings, context, stored }): readonly Finding[] => {
		try {
			const selection = inForce();
			const { version, installed, below, failure, request, source } = selection;
			if (!installed) {
				// Before anything is installed and asked for, there is nothing wrong.
				const isFresh = stored().length === 0 && source.kind === "system";
				return [
					{
						verdict: isFresh ? "note" : "broken",
						title: isFresh ? "no Go is installed yet" : (failure?.message ?? `${request} isn't installed`),
						evidence: isFresh ? [] : [`${source.path ?? source.kind}: ${source.text}`],
						why: isFresh ? "Nothing can be built until there is one." : "`go` doesn't run in this directory.",
						...(isFresh || !failure?.hint
							? { fix: { commands: [isFresh ? "gox install latest --default" : `gox install ${request}`] } }
							: fixOf(failure)),
					},
				];
			}
			if (!below) return fine(`${version} is in force here`, whySentence(selection));
			const isFatal = settings("GOTOOLCHAIN")[0]?.value === "local";
			return [
				{
					verdict: isFatal ? "broken" : "warning",
					title: `${version} is pinned, and ${below.text} is asked for`,
					evidence: [`${source.path ?? source.kind}: ${source.text}`, `${below.path}: ${below.text}`],
					why: isFatal
						? "GOTOOLCHAIN=local keeps Go from switching, so every command here fails."
						: "Go since 1.21 switches to another version at each command; an older one may not compile this module.",
					fix: { commands: ["gox install mod", `gox pin ${below.text.replace(/^(?:go|toolchain)\s+(?:go)?/, "")}`] },
				},
			];
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			return [
				{
					verdict: "broken",
					title: error.message,
					evidence: [`in ${context.cwd}`],
					why: "`go` doesn't run in this directory.",
					...(error.hint ? fixOf(error) : { fix: { commands: ["gox why"] } }),
				},
			];
		}
	},
};
