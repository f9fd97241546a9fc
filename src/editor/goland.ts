import { GoxError } from "../errors.ts";

/** The element that GoLand keeps a project's GOROOT in, in `.idea/workspace.xml`. */
const element = /([ \t]*)<component name="GOROOT"(?:\s+url="([^"]*)")?\s*(?:\/>|>\s*<\/component>)/;

/** The GOROOT that the project is set to, as a URL; undefined where none is. */
export function golandGoroot(workspace: string): string | undefined {
	return element.exec(workspace)?.[2];
}

/**
 * The text of a `.idea/workspace.xml` with that GOROOT; every other byte stays.
 * @throws GoxError `bad-config` for what isn't a project's file
 */
export function withGolandGoroot(workspace: string, goroot: string, path: string): string {
	const wanted = `<component name="GOROOT" url="file://${goroot}" />`;
	if (element.test(workspace)) return workspace.replace(element, (_, indent: string) => indent + wanted);
	const end = workspace.lastIndexOf("</project>");
	if (end < 0 || !workspace.includes("<project"))
		throw new GoxError("bad-config", `${path} is not a project's workspace.xml; nothing was changed`, {
			hint: "open the project in GoLand once",
		});
	const eol = workspace.includes("\r\n") ? "\r\n" : "\n";
	const start = workspace.slice(0, end).trimEnd().length;
	return `${workspace.slice(0, start)}${eol}  ${wanted}${eol}${workspace.slice(end)}`;
}
