import { loadCatalog } from "../../releases/lookup.ts";
import { isSupported, supportedMinors } from "../../releases/support.ts";
import type { Selection } from "../../select/source.ts";
import { type Check, type Fix, fine } from "../finding.ts";

/** Installed versions whose minor gets no fixes any more, by the newest release that is known without asking anyone. */
export const endOfLife: Check = {
	name: "end-of-life",
	title: "versions that still get fixes",
	area: "go",
	run: async ({ context, stored, inForce }) => {
		const installed = stored();
		if (installed.length === 0) return [];
		const offline = { ...context, env: { ...context.env, GOX_OFFLINE: "1" } };
		const catalog = await loadCatalog(offline, { warn: () => {} });
		const supported = supportedMinors([...catalog.releases, ...installed].map(({ release }) => release));
		const past = installed.filter(({ release }) => !isSupported(release, supported));
		if (past.length === 0) return fine(`all ${installed.length} installed versions still get fixes`);
		const inUse = past.find(({ goroot }) => goroot === inForce().goroot);
		return [
			{
				verdict: inUse ? "warning" : "note",
				title: inUse
					? `${inUse.release.name}, in force here, is past its end of life`
					: `${past.length} of ${installed.length} versions ${past.length === 1 ? "is" : "are"} past ${past.length === 1 ? "its" : "their"} end of life`,
				evidence: [`past it: ${listed(past.map(({ key }) => key))}`, `supported: ${[...supported].join(", ")}`],
				why: "The Go project fixes security problems in the two newest minors only.",
				fix: inUse ? newerFor(inForce()) : { commands: ["gox list"] },
			},
		];
	},
};

/** By whoever chose it: a pin, this shell, the default; a go.mod names only what it must at least be. */
function newerFor({ source }: Selection): Fix {
	const choose =
		source.kind === ".go-version" || source.kind === ".tool-versions"
			? "gox pin latest"
			: source.kind === "GOX_VERSION"
				? "gox use latest"
				: "gox default latest";
	return { commands: ["gox install latest", choose], advice: "try your code with it first: gox exec latest -- go test ./..." };
}

function listed(words: readonly string[]): string {
	return words.length <= 8 ? words.join(", ") : `${words.slice(0, 8).join(", ")} and ${words.length - 8} more`;
}
