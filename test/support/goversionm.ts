import type { BuildInfo, GoModule } from "../../src/go/buildinfo.ts";

/** Build information in the lines that `go version -m` prints below a program's name (runtime/debug.BuildInfo.String). */
export function asGoVersionPrints({ goVersion, path, main, deps, settings }: BuildInfo): string {
	const lines = [
		...(path ? [`path\t${path}`] : []),
		...(main ? moduleLines("mod", main) : []),
		...deps.flatMap((each) => moduleLines("dep", each)),
		...settings.map(([key, value]) => `build\t${quoted(key, /[= \t\r\n"`]|^$/)}=${quoted(value, /[ \t\r\n"`]/)}`),
	];
	return `${goVersion}\n${lines.map((line) => `\t${line}\n`).join("")}`;
}

function moduleLines(word: string, { path, version, sum, replace }: GoModule): string[] {
	// Go's own printer leaves an empty line behind what replaces a module.
	return replace ? [`${word}\t${path}\t${version}`, ...moduleLines("=>", replace), ""] : [`${word}\t${path}\t${version}\t${sum}`];
}

function quoted(text: string, odd: RegExp): string {
	return odd.test(text) ? JSON.stringify(text) : text;
}
