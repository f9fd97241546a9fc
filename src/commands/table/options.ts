import type { OptionSpec } from "../command.ts";

export const platform: OptionSpec = {
	flags: "--platform <goos-goarch>",
	summary: "for another platform than this machine's, e.g. darwin-amd64",
};
export const insecure: OptionSpec = { flags: "--insecure", summary: "allow plain http to hosts other than this machine" };
export const source: OptionSpec = {
	flags: "--source <where>",
	summary: "download (sites), proxy (the Go module proxy), or a bundle's path; default: sites, then the proxy",
};
export const dedupe: OptionSpec = {
	flags: "--dedupe",
	summary: "share equal files with another version by hard links of read-only files, where they can't be cloned",
};
